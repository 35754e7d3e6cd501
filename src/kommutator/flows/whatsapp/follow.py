"""What a session goes through, written down by whoever holds its lane.

Every change is fenced, told to whoever watches, and moves the connection's status with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.whatsapp.events import Identity, QrShown
from kommutator.domain.whatsapp.jids import bare
from kommutator.domain.whatsapp.reconnect import Next
from kommutator.domain.whatsapp.states import BREAKS, TALKS, Reason, SessionState
from kommutator.flows.whatsapp.keys import place_of
from kommutator.flows.whatsapp.lasting import LaneLost, WhileOurs
from kommutator.kit.clock import Clock
from kommutator.kit.crypto import Vault
from kommutator.store.whatsapp_sessions import Hold

if TYPE_CHECKING:
    from kommutator.store.unit import Unit

RESTRICTED_FOR: Final = timedelta(hours=24)
"""Where WhatsApp does not say until when strangers must not be written to."""
GATE_S: Final = 60.0
"""While WhatsApp refuses our version, one session tries for all so often."""
_NO_CODES: Final[Mapping[str, Any]] = {
    "qr": None,
    "qr_number": None,
    "qr_until": None,
    "code": None,
}


class HearSession(Protocol):
    """Hears of each state that a session came into, in the transaction that says so.

    `first`: it is open for the first time since a phone was linked.
    """

    async def __call__(
        self, unit: Unit, account: Account, state: SessionState, *, first: bool
    ) -> None: ...


class FollowSession:
    """Of one hold on a session. Every method raises LaneLost."""

    def __init__(
        self,
        vault: Vault,
        clock: Clock,
        ours: WhileOurs,
        account: Account,
        *,
        hold: Hold,
        hearers: Sequence[HearSession] = (),
    ) -> None:
        self._vault = vault
        self._clock = clock
        self._ours = ours
        self._account = account
        self._whose = (account.enterprise, account.connection_id)
        self._hold = hold
        self._hearers = hearers

    async def opening(self, *, linked: bool) -> None:
        """The socket is being opened."""
        state = SessionState.CONNECTING if linked else SessionState.STARTING
        await self._into(state, next_retry_at=None, **_NO_CODES)

    async def waiting(self, reason: Reason, seconds: float) -> None:
        """Not yet: the socket is opened later."""
        await self._into(
            SessionState.RECONNECTING, reason, next_retry_at=self._in(seconds), **_NO_CODES
        )

    async def qr(self, shown: QrShown) -> None:
        """A code to scan."""
        sealed = self._vault.seal(shown.text, place_of(*self._whose, "qr"))
        await self._into(
            SessionState.QR, kind="qr", body={"number": shown.number, "ttl_s": shown.ttl_s},
            qr=sealed, qr_number=shown.number, qr_until=self._in(shown.ttl_s), code=None,
        )  # fmt: skip

    async def code(self, letters: str) -> None:
        """Letters to type on the phone."""
        sealed = self._vault.seal(letters, place_of(*self._whose, "code"))
        await self._into(SessionState.CODE, kind="code", **{**_NO_CODES, "code": sealed})

    async def passkey(self) -> None:
        await self._into(SessionState.PASSKEY_REQUIRED, **_NO_CODES)

    async def paired(self, me: Identity) -> None:
        """The phone took us."""
        await self._ours.whole(lambda unit: self._linked(unit, SessionState.PAIRING, me))

    async def opened(self, me: Identity) -> bool:
        """Messages may go and come; False: this phone is another connection's, which keeps it."""
        key = (me.phone or bare(me.jid)).removeprefix("+")

        async def open_(unit: Unit) -> bool:
            if not await unit.whatsapp.claim_phone(*self._whose, key):
                return False
            await unit.whatsapp.open_gate_everywhere()
            until = await unit.whatsapp.restricted_until(*self._whose)
            held_back = until is not None and until > self._clock.now()
            state = SessionState.RESTRICTED if held_back else SessionState.OPEN
            await self._linked(unit, state, me)
            return True

        return await self._ours.whole(open_)

    async def gate(self) -> float | None:
        """Seconds to wait before a line may be opened; None: go."""
        return await self._ours.single(lambda unit: unit.whatsapp.gate_everywhere(GATE_S))

    async def restricted(self, until: datetime | None) -> None:
        """Strangers must not be written to; who wrote to us is answered as ever."""
        until = until or self._clock.now() + RESTRICTED_FOR
        await self._into(
            SessionState.RESTRICTED, restricted_until=until, body={"until": until.isoformat()}
        )

    async def unrestricted(self) -> None:
        await self._into(SessionState.OPEN, restricted_until=None)

    async def closed(self, following: Next) -> None:
        """The socket is gone, and this follows."""
        after = following.after_s
        columns: dict[str, Any] = {**_NO_CODES, "wanted": after is not None, "log_out": False}
        columns["next_retry_at"] = self._in(after) if after else None
        if following.forget:
            columns |= {"linked_at": None, "jid": None, "lid": None, "restricted_until": None}

        async def close(unit: Unit) -> None:
            await self._change(unit, following.state, following.reason, **columns)
            if following.forget:
                await unit.whatsapp_keys.wipe(*self._whose)
                await unit.whatsapp.free_phone(*self._whose)
            if following.version_refused:
                await unit.whatsapp.shut_gate_everywhere(GATE_S)
            if (broken := BREAKS.get(following.state)) is not None:
                await self._status(unit, ConnectionStatus.BROKEN, broken)

        await self._ours.whole(close)

    # --- steps -----------------------------------------------------------------------------

    async def _linked(self, unit: Unit, state: SessionState, me: Identity) -> None:
        if state in TALKS:  # first: keys are written with the lane locked before the session
            await unit.lanes.unpark(self._account.enterprise, lane=self._account.lane)
        row = await unit.whatsapp.get(*self._whose)
        record = await unit.connections.get(*self._whose)
        first = state in TALKS and record.status is ConnectionStatus.DRAFT
        fresh = row is not None and row.linked_at is None
        # A device's log-in tells its name late or never.
        known = {
            "name": me.name, "lid": me.lid, "linked_at": self._clock.now() if fresh else None,
        }  # fmt: skip
        columns = {**_NO_CODES, **{name: value for name, value in known.items() if value}}
        await self._change(
            unit, state, None, body={"phone": me.phone}, first=first, jid=me.jid, phone=me.phone,
            next_retry_at=None, **columns,
        )  # fmt: skip
        if state in TALKS:
            await self._status(unit, ConnectionStatus.ACTIVE, None)

    async def _status(self, unit: Unit, status: ConnectionStatus, reason: str | None) -> None:
        record = await unit.connections.get(*self._whose)
        if (record.status, record.status_reason) == (status, reason):
            return
        if record.status is not ConnectionStatus.REMOVED:
            await unit.connections.set_status(*self._whose, status, reason=reason)
        unit.config_changed(self._account.enterprise, ConnectionKind.WHATSAPP.value)

    async def _into(self, state: SessionState, reason: Reason | None = None, **more: Any) -> None:
        await self._ours.whole(lambda unit: self._change(unit, state, reason, **more))

    async def _change(
        self,
        unit: Unit,
        state: SessionState,
        reason: Reason | None,
        *,
        kind: str = "state",
        body: Mapping[str, Any] | None = None,
        first: bool = False,
        **columns: Any,
    ) -> None:
        news = {"state": state.value, "reason": reason and reason.value, **(body or {})}
        if not await unit.whatsapp.change(
            *self._whose, kind, news, hold=self._hold,
            state=state.value, reason=reason and reason.value, **columns,
        ):  # fmt: skip
            raise LaneLost("another worker holds this session")
        for hear in self._hearers:
            await hear(unit, self._account, state, first=first)

    def _in(self, seconds: float) -> datetime:
        return self._clock.now() + timedelta(seconds=seconds)
