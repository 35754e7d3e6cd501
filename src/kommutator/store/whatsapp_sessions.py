"""Sessions of WhatsApp: how each stands, and what pages that watch it are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.domain.whatsapp.states import SessionState
from kommutator.store.driver import Connection


@dataclass(frozen=True, slots=True)
class SessionRow:
    """As stored; what is sealed is the vault's envelope. `asked` grows with each wish."""

    connection_id: UUID
    wanted: bool
    asked: int
    log_out: bool
    method: str
    code_phone: str | None
    state: SessionState
    reason: str | None
    since: datetime
    next_retry_at: datetime | None
    qr: dict[str, Any] | None = field(repr=False)
    qr_number: int | None
    qr_until: datetime | None
    code: dict[str, Any] | None = field(repr=False)
    jid: str | None
    phone: str | None
    lid: str | None
    name: str | None
    linked_at: datetime | None
    restricted_until: datetime | None
    seq: int


@dataclass(frozen=True, slots=True)
class Hold:
    """The right to write of whoever holds the line.

    It ends with the lease (`fence`), and with the next wish of a person (`asked`): keys that were
    wiped stay wiped, a session that was stopped stays stopped.
    """

    fence: int
    asked: int


@dataclass(frozen=True, slots=True)
class SessionNews:
    """One change, for whoever watches."""

    seq: int
    at: datetime
    kind: str
    body: dict[str, Any]


_COLUMNS: Final = ", ".join(one.name for one in fields(SessionRow))
_SELECT = f"""
SELECT {_COLUMNS} FROM whatsapp_sessions s
 WHERE enterprise = $1 AND EXISTS (SELECT FROM connections c WHERE c.enterprise = s.enterprise
       AND c.id = s.connection_id AND c.status <> 'removed')"""
_CHANGEABLE: Final = frozenset(one.name for one in fields(SessionRow)) - {
    "connection_id", "asked", "since", "seq",
}  # fmt: skip
# The state's own time starts when it is another; whoever lost the lane changes nothing.
_CHANGE = """
WITH mine AS (SELECT FROM lanes WHERE lane = $3 AND fence = $4 FOR SHARE),
changed AS (
    UPDATE whatsapp_sessions SET {columns}, seq = seq + 1, asked = asked + $5
     WHERE enterprise = $1 AND connection_id = $2
       AND ($4::bigint IS NULL OR asked = $8 AND EXISTS (TABLE mine))
    RETURNING enterprise, connection_id, seq)
INSERT INTO whatsapp_news (enterprise, connection_id, seq, kind, body)
SELECT enterprise, connection_id, seq, $6, $7 FROM changed RETURNING seq"""
_NEWS = """
SELECT seq, at, kind, body FROM whatsapp_news
 WHERE enterprise = $1 AND connection_id = $2 AND seq > $3 ORDER BY seq LIMIT $4"""
_CLAIM_PHONE = """
UPDATE connections c SET account_key = $3
 WHERE c.enterprise = $1 AND c.id = $2 AND c.status <> 'removed' AND NOT EXISTS (
    SELECT FROM connections o WHERE o.kind = c.kind AND o.account_key = $3 AND o.id <> c.id
       AND o.status <> 'removed')
RETURNING true"""
_FREE_PHONE = "UPDATE connections SET account_key = NULL WHERE enterprise = $1 AND id = $2"
_SHUT = """
UPDATE whatsapp_gate SET shut_at = coalesce(shut_at, clock_timestamp()),
       try_at = clock_timestamp() + make_interval(secs => $1)"""
# Whoever comes when the time is up tries for all: the others go on waiting meanwhile.
_GO = """
UPDATE whatsapp_gate SET try_at = clock_timestamp() + make_interval(secs => $1)
 WHERE shut_at IS NOT NULL AND try_at <= clock_timestamp() RETURNING true"""
_LEFT = """
SELECT greatest(0.1, extract(epoch FROM try_at - clock_timestamp()))::float8
  FROM whatsapp_gate WHERE shut_at IS NOT NULL"""
_OPEN = "UPDATE whatsapp_gate SET shut_at = NULL, try_at = NULL WHERE shut_at IS NOT NULL"
_STANDING = """
SELECT s.state, count(*) AS sessions FROM whatsapp_sessions s
  JOIN connections c ON c.enterprise = s.enterprise AND c.id = s.connection_id
 WHERE c.status <> 'removed' GROUP BY 1"""


class WhatsAppStore:
    """`changed` is told of each change, once per unit of work and session."""

    def __init__(
        self, connection: Connection, changed: Callable[[EnterpriseNumber, UUID], None]
    ) -> None:
        self._connection = connection
        self._changed = changed

    async def create(self, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """A session that nobody wants yet; nothing if there is one."""
        await self._connection.execute(
            "INSERT INTO whatsapp_sessions (enterprise, connection_id) VALUES ($1, $2) "
            "ON CONFLICT DO NOTHING",
            enterprise, connection_id,
        )  # fmt: skip

    async def get(self, enterprise: EnterpriseNumber, connection_id: UUID) -> SessionRow | None:
        """None also for one whose connection was removed."""
        row = await self._connection.fetchrow(
            f"{_SELECT} AND connection_id = $2", enterprise, connection_id
        )
        return None if row is None else _row(row)

    async def of(self, enterprise: EnterpriseNumber) -> Mapping[UUID, SessionRow]:
        """All of the enterprise that are not removed, by connection."""
        rows = await self._connection.fetch(_SELECT, enterprise)
        return {row["connection_id"]: _row(row) for row in rows}

    async def change(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        kind: str,
        body: Mapping[str, Any],
        *,
        hold: Hold | None = None,
        wish: bool = False,
        **columns: Any,
    ) -> bool:
        """Set these columns and tell whoever watches; False: the hold ended.

        Args:
            kind, body: of the news.
            hold: of the lane's owner; None: a person's doing.
            wish: the owner of the lane shall look what is wanted now.
        """
        assert columns.keys() <= _CHANGEABLE, columns.keys() - _CHANGEABLE
        first = 9
        sets = [f"{name} = ${place}" for place, name in enumerate(columns, first)]
        if "state" in columns:
            place = first + list(columns).index("state")
            sets.append(f"since = CASE WHEN state = ${place} THEN since ELSE clock_timestamp() END")
        seq = await self._connection.fetchval(
            _CHANGE.format(columns=", ".join(sets)),
            enterprise, connection_id, f"wa:{connection_id}", hold and hold.fence, int(wish), kind,
            dict(body), hold and hold.asked, *columns.values(),
        )  # fmt: skip
        if seq is not None:
            self._changed(enterprise, connection_id)
        return seq is not None

    async def news(
        self, enterprise: EnterpriseNumber, connection_id: UUID, after_seq: int, *, limit: int = 100
    ) -> Sequence[SessionNews]:
        """What changed after this number, oldest first; of the last hour."""
        rows = await self._connection.fetch(_NEWS, enterprise, connection_id, after_seq, limit)
        return [SessionNews(**row) for row in rows]

    async def restricted_until(
        self, enterprise: EnterpriseNumber, connection_id: UUID
    ) -> datetime | None:
        """Strangers must not be written to before that; None or past: they may."""
        until: datetime | None = await self._connection.fetchval(
            "SELECT restricted_until FROM whatsapp_sessions "
            "WHERE enterprise = $1 AND connection_id = $2",
            enterprise, connection_id,
        )  # fmt: skip
        return until

    async def claim_phone(
        self, enterprise: EnterpriseNumber, connection_id: UUID, key: str
    ) -> bool:
        """The account becomes this connection's; False: it is another's, here or elsewhere."""
        return bool(await self._connection.fetchval(_CLAIM_PHONE, enterprise, connection_id, key))

    async def free_phone(self, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """The account may be linked elsewhere."""
        await self._connection.execute(_FREE_PHONE, enterprise, connection_id)

    async def wipe(self, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """The session with its news; keys and messages have stores of their own."""
        for table in ("whatsapp_news", "whatsapp_sessions"):
            await self._connection.execute(
                f"DELETE FROM {table} WHERE enterprise = $1 AND connection_id = $2",
                enterprise, connection_id,
            )  # fmt: skip

    async def gate_everywhere(self, pause_s: float) -> float | None:
        """Seconds to wait before any session may open; None: go. One caller goes for all."""
        if await self._connection.fetchval(_GO, pause_s):
            return None
        left: float | None = await self._connection.fetchval(_LEFT)
        return left

    async def shut_gate_everywhere(self, pause_s: float) -> None:
        """WhatsApp refuses our version of its protocol, whoever comes with it."""
        await self._connection.execute(_SHUT, pause_s)

    async def open_gate_everywhere(self) -> None:
        await self._connection.execute(_OPEN)

    async def count_everywhere(self) -> Mapping[str, int]:
        """How many sessions are in each state."""
        return {row["state"]: row["sessions"] for row in await self._connection.fetch(_STANDING)}


def _row(row: Any) -> SessionRow:
    return SessionRow(**{**dict(row), "state": SessionState(row["state"])})
