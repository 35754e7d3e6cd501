"""A salon pressed "Connect" at YClients, and the browser came to us.

Who it is has been signed by the vendor; which salon it is has not. So each salon must be pending
at the vendor, the signed name of the salon must be one of theirs, and whoever was signed for a
salon first keeps it while it is pending.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from kommutator.domain.salon.marketplace import Installer, InstallState
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.yclients.vendor import KIND, Vendors, YClientsVendor
from kommutator.kit.clock import Clock
from kommutator.kit.errors import (
    ErrorKind,
    Forbidden,
    InvalidInput,
    TooMany,
    Unauthorized,
    VendorError,
)
from kommutator.kit.ids import Ids
from kommutator.kit.throttle import Throttle
from kommutator.store.yclients_arrivals import StoredArrival

if TYPE_CHECKING:
    from kommutator.store.database import Database

_log = structlog.get_logger()
LIFE = timedelta(hours=1)
"""Of an arrival: the vendor's own window for our answer."""
ONCE_WITHIN = timedelta(hours=12)
"""A signature that connected these salons does not do it again."""
MOST_SALONS = 30
_ASKED = (0.2, 120)
"""Salons a second, and at once, that one person may make us ask the vendor about: its allowance
is one for all salons, and a signature is good for ever."""
_IN_VAIN = (1 / 60, 10)
"""Times that something they named was not waiting: whoever lies in wait for a salon asks often."""
_TOKEN_BYTES = 32
_LONGEST_TOKEN = 200
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")
_EMAIL = re.compile(r"(?=.{3,254}$)[^@\s]+@[^@\s]+\.[^@\s]+")
_DEFAULT_ZONE = "Europe/Moscow"
_CONTESTED = ("yclients_salon_claimed", "yclients_salon_taken")
_LASTING = (ErrorKind.REJECTED, ErrorKind.GONE, ErrorKind.ACCESS_REVOKED)


@dataclass(frozen=True, slots=True)
class Said:
    """What the address says; nothing of it is to be trusted."""

    salon_ids: Sequence[int]
    user_data: str = field(repr=False)
    signature: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Branch:
    """One salon of the arrival.

    Attributes:
        holder: the enterprise that has it; None: nobody.
        problem: slug of the error; None: it may be connected.
    """

    id: int
    title: str
    time_zone: str = _DEFAULT_ZONE
    holder: EnterpriseNumber | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Arrived:
    """`token` comes back with the page's form; `known`: somebody signs in with this e-mail."""

    token: str = field(repr=False)
    installer: Installer
    branches: Sequence[Branch]
    known: bool

    @property
    def welcome(self) -> Sequence[Branch]:
        return [branch for branch in self.branches if branch.problem is None]


class Arrive:
    def __init__(self, db: Database, vendors: Vendors, *, clock: Clock, ids: Ids) -> None:
        self._db = db
        self._vendors = vendors
        self._ids = ids
        self._asked = Throttle(*_ASKED, clock)
        self._in_vain = Throttle(*_IN_VAIN, clock)

    async def __call__(self, said: Said) -> Arrived:
        """Check who comes with which salons. Binds nothing.

        Raises:
            InvalidInput: `yclients_salon_missing`, `yclients_salons_too_many`.
            Forbidden: `yclients_unsigned`, `yclients_install_unsigned`, `yclients_arrival_used`,
                `yclients_not_pending`, `yclients_salon_claimed`, `yclients_salon_taken`,
                `yclients_salon_not_theirs`.
            TooMany: as `look`.
            Unavailable: as `Vendors.application`.
            VendorError: the vendor could not be asked.
        """
        vendor = self._vendors.application()
        wanted = _checked(said.salon_ids)
        if not said.user_data or not said.signature:
            raise Forbidden("yclients_unsigned")
        try:
            installer = vendor.read_installer(said.user_data, said.signature, vendor.partner_token)
        except Unauthorized as wrong:  # signing in here would not mend it
            raise Forbidden(wrong.code) from wrong
        installer = _clean(installer)
        proof = hashlib.sha256(said.signature.strip().lower().encode()).digest()
        whose = f"yclients:{installer.id}"
        branches = await self.look(vendor, wanted, whose)
        if any(branch.problem is None for branch in branches):
            _demand_theirs(installer, branches)
            branches = await self.claim(branches, whose)
        if not any(branch.problem is None for branch in branches):
            raise Forbidden(await self._why_none(branches, whose, proof))
        return await self.open(installer, branches, proof)

    async def _why_none(self, branches: Sequence[Branch], whose: str, proof: bytes) -> str:
        """The slug; two who were signed for one salon within its hour are told to the platform."""
        wanted = [branch.id for branch in branches]
        problem = branches[0].problem or ""
        async with self._db.unit() as unit:
            if await unit.yclients_arrivals.was_used_everywhere(proof, wanted, ONCE_WITHIN):
                return "yclients_arrival_used"
            if await unit.yclients_arrivals.was_taken_everywhere(proof, wanted, LIFE):
                problem = "yclients_salon_taken"
            if problem in _CONTESTED:
                _log.warning("yclients.salon_contested", salons=wanted, problem=problem)
                await unit.audit.add(
                    None,
                    actor=whose,
                    action="yclients.contested",
                    detail={"salons": wanted, "problem": problem},
                )
        return problem

    async def open(
        self, installer: Installer, branches: Sequence[Branch], proof: bytes | None
    ) -> Arrived:
        """Keep the arrival until it is used or over."""
        token = self._ids.token(_TOKEN_BYTES)
        kept = [_kept(branch) for branch in branches if branch.problem is None]
        async with self._db.unit() as unit:
            await unit.yclients_arrivals.create_everywhere(
                digest(token), proof=proof, installer=asdict(installer), salons=kept, life=LIFE
            )
        return Arrived(token, installer, branches, await self._known(installer))

    async def resume(self, token: str) -> Arrived:
        """The arrival of a page's form, or of somebody who signed in meanwhile.

        Raises:
            Forbidden: `yclients_arrival_unknown`.
        """
        stored = await self.stored(token)
        installer = Installer(**stored.installer)
        branches = [Branch(**salon) for salon in stored.salons]
        return Arrived(token, installer, branches, await self._known(installer))

    async def stored(self, token: str) -> StoredArrival:
        """Raises Forbidden: `yclients_arrival_unknown`."""
        async with self._db.single() as unit:
            stored = await unit.yclients_arrivals.look_everywhere(digest(token))
        if stored is None:
            raise Forbidden("yclients_arrival_unknown")
        return stored

    async def look(
        self, vendor: YClientsVendor, salon_ids: Sequence[int], whose: str
    ) -> Sequence[Branch]:
        """How each salon stands at the vendor and with us, and what it is called.

        Raises:
            TooMany: `too_many_requests`: `whose` wish this is asked too much, or in vain too often.
            VendorError: the vendor could not be asked about one of them.
        """
        seen = await self.again(vendor, [Branch(one, str(one)) for one in salon_ids], whose)
        return await asyncio.gather(*(self._named(vendor, branch) for branch in seen))

    async def again(
        self, vendor: YClientsVendor, branches: Sequence[Branch], whose: str
    ) -> Sequence[Branch]:
        """As `look`, of salons whose names are known."""
        waits = [self._in_vain.wait(whose), *(self._asked.take(whose) for _ in branches)]
        if wait := max(waits):
            raise TooMany("too_many_requests", retry_after=wait)
        seen = await asyncio.gather(*(self._seen(vendor, branch) for branch in branches))
        if any(branch.problem is not None for branch in seen):
            self._in_vain.take(whose)
        return seen

    async def claim(self, branches: Sequence[Branch], installer: str) -> Sequence[Branch]:
        """Keep what may be connected for this person; what is kept for another one is a problem."""
        claimed = []
        async with self._db.unit() as unit:
            for branch in branches:
                mine = branch.problem is not None or await unit.yclients_arrivals.claim_everywhere(
                    branch.id, installer, LIFE
                )
                claimed.append(
                    branch if mine else replace(branch, problem="yclients_salon_claimed")
                )
        return claimed

    async def _seen(self, vendor: YClientsVendor, branch: Branch) -> Branch:
        branch = replace(branch, holder=await self._holder(branch.id))
        standing = await vendor.marketplace.standing(branch.id)
        if standing.state is not InstallState.PENDING:
            return replace(branch, problem="yclients_not_pending")
        return branch

    async def _named(self, vendor: YClientsVendor, branch: Branch) -> Branch:
        """With the vendor's name and time zone, where it tells them before it lets us in."""
        if branch.problem is not None:
            return branch
        try:
            salon = await vendor.public(branch.id)
        except VendorError as error:
            if error.kind not in _LASTING:
                raise
            _log.info("yclients.salon_not_named", salon=branch.id, hint=error.hint)
            return branch
        return replace(branch, title=salon.title or branch.title, time_zone=salon.time_zone)

    async def _holder(self, salon_id: int) -> EnterpriseNumber | None:
        async with self._db.single() as unit:
            found = await unit.connections.by_account_everywhere(KIND, str(salon_id))
            return None if found is None else await unit.connections.enterprise_of(found)

    async def _known(self, installer: Installer) -> bool:
        if not installer.email:
            return False
        async with self._db.single() as unit:
            return await unit.people.by_email_everywhere(installer.email) is not None


def digest(token: str) -> bytes:
    """How a token is stored."""
    return hashlib.sha256(token[:_LONGEST_TOKEN].encode("utf-8", "replace")).digest()


def _checked(salon_ids: Sequence[int]) -> list[int]:
    wanted = sorted(set(salon_ids))
    if not wanted:
        raise InvalidInput("yclients_salon_missing")
    if len(wanted) > MOST_SALONS:
        raise InvalidInput("yclients_salons_too_many", most=MOST_SALONS)
    return wanted


def _clean(installer: Installer) -> Installer:
    """Signed, yet typed by people: one line each, and an e-mail that could be one."""
    told = {
        name: " ".join(_UNPRINTABLE.sub(" ", v).split()) for name, v in asdict(installer).items()
    }
    if not _EMAIL.fullmatch(told["email"]):
        told["email"] = ""
    return Installer(**told)


def _demand_theirs(installer: Installer, branches: Sequence[Branch]) -> None:
    """The signed name of the salon must be one of those that are claimed to be theirs.

    Raises Forbidden: `yclients_salon_not_theirs`.
    """
    named = [b for b in branches if b.problem is None and b.title != str(b.id)]
    if not installer.salon_name or not named:
        return
    if all(_plain(branch.title) != _plain(installer.salon_name) for branch in named):
        raise Forbidden("yclients_salon_not_theirs")


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _kept(branch: Branch) -> Mapping[str, Any]:
    return {"id": branch.id, "title": branch.title, "time_zone": branch.time_zone}
