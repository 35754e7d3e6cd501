"""Taking over tokens that another program held: a table of requirement 004, or a file of 003.

Each row stands for itself: what cannot be read, or has no owner here, is reported and left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from kommutator.domain.oauth import TokenPair
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.flows.amocrm.adopt import KIND, Wish
from kommutator.flows.amocrm.ways_in import WaysIn
from kommutator.kit.clock import Clock
from kommutator.kit.errors import UserError, VendorError

if TYPE_CHECKING:
    from kommutator.store.database import Database

_ACTOR = "cli:import-tokens"
_LONGEST = 16_384


@dataclass(frozen=True, slots=True)
class Plan:
    """How rows find their owners.

    Attributes:
        domain: account host, where a row names none.
        owners: their user (id or e-mail) → e-mail of ours.
        owner: e-mail of ours for rows that name nobody, or nobody known.
        enterprise: whose a row without any owner becomes; None: such rows are left.
        apply: else nothing is asked and nothing is written.
    """

    domain: str
    owners: Mapping[str, str] = field(default_factory=dict)
    owner: str | None = None
    enterprise: EnterpriseNumber | None = None
    apply: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one row.

    Attributes:
        outcome: `imported`, `would_import`, or a problem: `access_missing`, `owner_unknown`,
            `owner_has_one`, `domain_missing`, `refused`.
        detail: the vendor's words, or the slug of ours.
    """

    number: int
    owner: str
    outcome: str
    detail: str = ""

    @property
    def fine(self) -> bool:
        return self.outcome in ("imported", "would_import")


class ImportTokens:
    def __init__(self, db: Database, ways_in: WaysIn, *, clock: Clock) -> None:
        self._db = db
        self._ways_in = ways_in
        self._clock = clock

    async def __call__(self, rows: Sequence[Mapping[str, Any]], plan: Plan) -> Sequence[Line]:
        """One line per row, in order. Of two rows of one owner the first counts: the newest."""
        taken: set[str] = set()
        lines = []
        for number, row in enumerate(rows, 1):
            line = await self._row(number, row, plan, taken)
            taken.add(line.owner if line.fine else "")
            lines.append(line)
        return lines

    async def _row(self, number: int, row: Mapping[str, Any], plan: Plan, taken: set[str]) -> Line:
        named = _text(row, "owner_email") or _text(row, "user_id") or ""
        found = await self._wish(row, plan)
        owner = named if found is None else found[1]
        domain = _text(row, "domain") or _text(row, "base_domain") or plan.domain
        problem = None
        if _text(row, "access_token") is None:
            problem = "access_missing"
        elif found is None:
            problem = "owner_unknown"
        elif owner in taken or await self._has_one(found[0]):
            problem = "owner_has_one"
        elif not domain:
            problem = "domain_missing"
        if problem is not None or found is None:
            return Line(number, owner, problem or "owner_unknown")
        if not plan.apply:
            return Line(number, owner, "would_import", domain)
        return await self._import(number, row, found[0], owner, domain)

    async def _import(
        self, number: int, row: Mapping[str, Any], wish: Wish, owner: str, domain: str
    ) -> Line:
        access = _text(row, "access_token") or ""
        pair = TokenPair(access, _text(row, "refresh_token"), self._left(row))
        try:
            record = await self._ways_in.by_pair(wish, domain, pair)
        except UserError as error:
            return Line(number, owner, "refused", error.code)
        except VendorError as error:
            return Line(number, owner, "refused", error.hint or error.message)
        return Line(number, owner, "imported", record.account_key or "")

    async def _wish(self, row: Mapping[str, Any], plan: Plan) -> tuple[Wish, str] | None:
        keys = [_text(row, name) for name in ("user_id", "owner_email")]
        emails = [plan.owners.get(key) for key in keys if key is not None]
        for email in (*emails, _text(row, "owner_email"), plan.owner):
            if email is None:
                continue
            async with self._db.single() as unit:
                user = await unit.people.by_email_everywhere(email)
            if user is not None and user.enterprise is not None:
                actor = Actor(_ACTOR, Role.ENTERPRISE_ADMIN, user.enterprise)
                return Wish(actor, user.enterprise, user.id), user.email
        if plan.enterprise is None or any(keys):
            return None
        actor = Actor(_ACTOR, Role.ENTERPRISE_ADMIN, plan.enterprise)
        return Wish(actor, plan.enterprise), plan.enterprise

    async def _has_one(self, wish: Wish) -> bool:
        """A connected account is not overwritten by older tokens."""
        if wish.user_id is None:
            return False
        async with self._db.single() as unit:
            own = await unit.connections.of_person(wish.enterprise, wish.user_id, KIND)
        return own is not None

    def _left(self, row: Mapping[str, Any]) -> timedelta:
        """Without a readable date the token counts as over and is renewed first."""
        ends = row.get("expires_at")
        try:
            if isinstance(ends, int | float):
                at = datetime.fromtimestamp(ends, UTC)
            else:
                at = datetime.fromisoformat(str(ends))
            at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
            return min(at - self._clock.now(), timedelta(days=1))
        except (ValueError, OverflowError, OSError):
            return timedelta(0)


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    if not isinstance(value, str) or not 0 < len(value.strip()) <= _LONGEST:
        return None
    return value.strip()
