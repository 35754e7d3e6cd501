"""The check-up: small independent looks, run at once, each with a limit of its own.

A look never breaks the others: what raises or hangs is a finding, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.finding import Finding, PbxExaminer, failed
from kommutator.domain.ports import CrmDesk
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows import check_crm, check_house, check_pbx, check_whatsapp, check_work
from kommutator.flows.directory import Directory
from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids
from kommutator.kit.objects import Objects
from kommutator.kit.texts import Texts
from kommutator.settings import Settings
from kommutator.store.driver import is_transient
from kommutator.store.views import ConnectionLine, ConnectionViews

if TYPE_CHECKING:
    from kommutator.store.database import Database

_log = structlog.get_logger(__name__)
_LIMIT_S = 12.0
Look = Callable[[], Awaitable[Sequence[Finding]]]


class Doctor:
    def __init__(
        self,
        db: Database,
        directory: Directory,
        settings: Settings,
        objects: Objects,
        examiner: PbxExaminer,
        desks: Mapping[ConnectionKind, CrmDesk],
        *,
        find_bridge: check_whatsapp.FindBridge,
        clock: Clock,
        ids: Ids,
        limit_s: float = _LIMIT_S,
    ) -> None:
        self._db = db
        self._directory = directory
        self._settings = settings
        self._objects = objects
        self._examiner = examiner
        self._desks = desks
        self._find_bridge = find_bridge
        self._clock = clock
        self._ids = ids
        self._limit_s = limit_s

    async def platform(self) -> list[Finding]:
        """What all enterprises stand on."""
        return await run(
            {
                **looks_without_database(self._settings, self._clock),
                "database": lambda: check_house.database(self._db, self._clock),
                "workers": lambda: check_house.workers(self._db),
                "storage": lambda: check_house.storage(self._objects, self._ids),
                "whatsapp_bridge": lambda: check_whatsapp.bridge(self._db, self._find_bridge),
            },
            self._limit_s,
        )

    async def enterprise(self, enterprise: EnterpriseNumber) -> list[Finding]:
        """One tenant's connections and work. Raises NotFound: `enterprise_not_found`."""
        async with self._db.unit() as unit:
            await unit.enterprises.get(enterprise)
            lines = await ConnectionViews(unit.connection).all(enterprise)
            extensions = await unit.extensions.numbers(enterprise)
        now = self._clock.now()
        crm = await self._directory.crm_of(enterprise)
        pbx = await self._directory.account_of(enterprise, ConnectionKind.ASTERISK)

        async def lanes() -> Sequence[Finding]:
            return check_work.lanes(lines, now)

        looks: dict[str, Look] = {
            "pbx_link": lambda: self._pbx(pbx, lines, extensions),
            "crm": lambda: self._crm(crm),
            "crm_allowance": lambda: self._allowance(crm),
            "lanes": lanes,
            "journal": lambda: check_work.journal(self._db, enterprise, now),
            "recordings": lambda: check_work.recordings(self._db, enterprise),
            "phone_book": lambda: check_work.phone_book(self._db, enterprise, crm, now),
            "dialing": lambda: check_work.dialing(self._db, enterprise),
            "whatsapp": lambda: check_whatsapp.phones(self._db, enterprise),
        }
        return await run(looks, self._limit_s)

    async def _pbx(
        self, account: Account | None, lines: Sequence[ConnectionLine], extensions: Any
    ) -> Sequence[Finding]:
        if account is None:
            return check_pbx.absent()
        before = self._clock.now().timestamp()
        facts = await self._examiner.examine(account, check_pbx.contexts_of(account))
        after = self._clock.now().timestamp()
        line = next((one for one in lines if one.id == account.connection_id), None)
        return check_pbx.judge(account, line, facts, extensions, now=(before + after) / 2)

    async def _crm(self, account: Account | None) -> Sequence[Finding]:
        desk = self._desks.get(account.kind) if account else None
        if account is None or desk is None:
            return [finding for finding in check_crm.absent() if finding.check != "crm_allowance"]
        return await check_crm.key(desk, account)

    async def _allowance(self, account: Account | None) -> Sequence[Finding]:
        desk = self._desks.get(account.kind) if account else None
        if account is None or desk is None:
            return [check_crm.absent()[-1]]
        return await check_crm.allowance(self._db, desk, account)


def looks_without_database(settings: Settings, clock: Clock) -> dict[str, Look]:
    """What can be looked at whatever the database does."""
    return {
        "version": check_house.version,
        "disk": lambda: check_house.disk(settings),
        "master_key": lambda: check_house.master_key(settings),
        "public_url": lambda: check_house.public_url(settings, clock),
    }


async def run(looks: Mapping[str, Look], limit_s: float = _LIMIT_S) -> list[Finding]:
    """All at once; the order of the findings is that of the looks."""
    done = await asyncio.gather(*(_one(check, look, limit_s) for check, look in looks.items()))
    return [finding for found in done for finding in found]


async def without_database(settings: Settings, clock: Clock, reason: str) -> list[Finding]:
    """The platform's check-up while the database is away."""
    rest = await run(looks_without_database(settings, clock))
    unseen = [check_house.not_looked(check) for check in ("clock", "workers")]
    return [check_house.no_database(reason), *unseen, *rest]


async def _one(check: str, look: Look, limit_s: float) -> Sequence[Finding]:
    try:
        async with asyncio.timeout(limit_s):
            return await look()
    except TimeoutError:
        return [failed(check, "slow_look", seconds=limit_s)]
    except Exception as error:  # noqa: BLE001  a look that breaks is a finding, not an outage
        if is_transient(error):
            return [failed(check, "database_away", reason=type(error).__name__)]
        _log.exception("doctor_look_broke", check=check)
        return [failed(check, "look_broke", reason=type(error).__name__)]


@dataclass(frozen=True, slots=True)
class Told:
    """A finding in words; `repair` is empty where there is nothing to do."""

    check: str
    health: str
    title: str
    words: str
    repair: str


def tell(texts: Texts, locale: str, finding: Finding) -> Told:
    """In the reader's language. What every check can come to is told once, as `doctor.any.*`."""
    facts = dict(finding.facts)
    shared = f"doctor.any.{finding.word}"
    words = texts.first(locale, finding.words, shared, **facts)
    repair = (
        texts.first(locale, finding.repair, f"{shared}.repair", **facts) if finding.repair else ""
    )
    return Told(
        check=finding.check,
        health=finding.health.value,
        title=texts.translate(locale, f"doctor.{finding.check}"),
        words=words,
        repair=repair,
    )
