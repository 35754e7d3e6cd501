"""Who should take this call? Asked by the PBX while the client already waits.

Always answered, within a quarter of a second, from our own phone book and never by the CRM. If
the database does not answer in time, what is remembered of this caller does; else the PBX's own
group rings, which is what it would do without us.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
import structlog

from kommutator.domain.connection import CRMS, Account, ConnectionStatus
from kommutator.domain.owners import gather, told_by_present
from kommutator.domain.redirect import (
    Knowledge,
    KnownCaller,
    RouteAnswer,
    decide_route,
    forget_moments,
    to_group,
)
from kommutator.domain.routing import RoutePolicy, read_routing
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.directory import Directory
from kommutator.flows.route_log import RouteLog
from kommutator.kit.clock import Clock
from kommutator.kit.metrics import Metrics
from kommutator.kit.phones import to_e164
from kommutator.kit.zones import zone
from kommutator.store.routes import GivenAnswer

if TYPE_CHECKING:
    from kommutator.store.database import Database

_log = structlog.get_logger(__name__)
LIMIT_S = 0.25
_MOST_WAITING = 64  # reads at once; beyond that the database is not answering anyway
_REMEMBERED = 20_000
_NOT_A_CALL_ID = re.compile(r"[^A-Za-z0-9._-]")
_NOT_A_NUMBER = re.compile(r"[^0-9+]")
_LONGEST_ID, _LONGEST_NUMBER = 128, 32

Callers = OrderedDict[tuple[EnterpriseNumber, str | None], KnownCaller | None]


@dataclass(frozen=True, slots=True)
class _Question:
    enterprise: EnterpriseNumber
    caller: str | None  # E.164
    line: str | None
    call_id: str


@dataclass(frozen=True, slots=True)
class _Found:
    knowledge: Knowledge
    want: str | None = None


class Route:
    """Answers, and remembers what it answered by.

    Args:
        limit_s: how long the database may take.
    """

    def __init__(
        self,
        db: Database,
        directory: Directory,
        metrics: Metrics,
        *,
        clock: Clock,
        limit_s: float = LIMIT_S,
    ) -> None:
        self._db = db
        self._directory = directory
        self._clock = clock
        self._limit_s = limit_s
        self._seconds = metrics.route_seconds
        self._answers = metrics.route_answers
        self._remembered = metrics.route_remembered
        self._log = RouteLog(db, clock=clock, lost=metrics.route_answers_lost)
        self._offices: dict[EnterpriseNumber, Knowledge] = {}
        self._callers: Callers = OrderedDict()
        self._policies: dict[UUID, tuple[Account, RoutePolicy]] = {}
        self._reads: set[asyncio.Task[_Found]] = set()

    async def ask(self, account: Account, caller: str, did: str, call_id: str) -> RouteAnswer:
        """Whose phone shall ring for this call. Never raises, and never takes long.

        Args:
            account: the PBX that asks; its config holds the rules.
            caller, did, call_id: as the PBX has them from outside: any text at all.
        """
        began = time.perf_counter()
        region = str(account.config.get("region") or "RU")
        question = _Question(
            account.enterprise,
            to_e164(caller, region),
            _number(did, region),
            _NOT_A_CALL_ID.sub("", call_id)[:_LONGEST_ID],
        )
        try:
            answer, want = await self._answer(account, question, region)
        except Exception as error:  # noqa: BLE001  a client is waiting: a bug of ours must not cost the call
            _log.error("route.failed", error=repr(error))
            answer, want = to_group("failed"), None
        took = time.perf_counter() - began
        self._seconds.observe(took)
        self._answers.labels(answer.why).inc()
        if answer.remembered:
            self._remembered.inc()
        self._log.add(self._given(question, caller, answer, took * 1000), want=want)
        return answer

    async def stop(self) -> None:
        """Write what is not written yet."""
        for read in self._reads:
            read.cancel()
        await asyncio.gather(*self._reads, return_exceptions=True)
        await self._log.stop()

    async def _answer(
        self, account: Account, question: _Question, region: str
    ) -> tuple[RouteAnswer, str | None]:
        policy = self._policy(account, region)
        if account.status is not ConnectionStatus.ACTIVE:
            return to_group("off"), None
        if not policy.enabled or policy.line_rule(question.line).off:
            return self._decide(Knowledge(), policy, account, question), None
        found = await self._read_in_time(question)
        if found is not None:
            self._remember(question, found.knowledge)
            return self._decide(found.knowledge, policy, account, question), found.want
        return self._by_memory(policy, account, question), None

    def _decide(
        self, knowledge: Knowledge, policy: RoutePolicy, account: Account, question: _Question
    ) -> RouteAnswer:
        return decide_route(
            knowledge,
            policy,
            caller=question.caller,
            line=question.line,
            at=self._clock.now().astimezone(zone(account.time_zone)),
        )

    def _by_memory(self, policy: RoutePolicy, account: Account, question: _Question) -> RouteAnswer:
        general = self._offices.get(question.enterprise)
        if general is None:
            return to_group("no_data")
        known = (question.enterprise, question.caller) in self._callers
        entry = self._callers.get((question.enterprise, question.caller))
        knowledge = replace(forget_moments(general), entry=entry)
        answer = self._decide(knowledge, policy, account, question)
        if not known and answer.extension is None:
            return to_group("no_data")  # of an unknown caller only the line's own phone is sure
        return replace(answer, remembered=True)

    async def _read_in_time(self, question: _Question) -> _Found | None:
        """None: the database is away or slow. The read goes on aside, so nothing waits for it."""
        if len(self._reads) >= _MOST_WAITING:
            return None
        read = asyncio.create_task(self._read(question))
        self._reads.add(read)
        read.add_done_callback(self._reads.discard)
        done, _ = await asyncio.wait({read}, timeout=self._limit_s)
        if not done:
            read.cancel()
            _log.warning("route.database_late")
            return None
        if (error := read.exception()) is not None:
            _log.warning("route.database_away", error=repr(error))
            return None
        return read.result()

    async def _read(self, question: _Question) -> _Found:
        accounts = await self._directory.accounts(question.enterprise)
        crms = [a for a in accounts if a.kind in CRMS]
        async with self._db.single() as unit:
            facts = await unit.routes.facts(question.enterprise, question.caller, question.call_id)
        knows = any(crm.status is ConnectionStatus.ACTIVE for crm in crms)
        foreign = facts.entry is not None and not told_by_present(facts.entry.told_by, crms)
        return _Found(
            gather(facts.entry, crms, facts.numbers, facts.states),
            want=question.caller if (facts.stale or foreign) and knows else None,
        )

    def _remember(self, question: _Question, knowledge: Knowledge) -> None:
        # One small object per caller: what lives long is walked by the garbage collector.
        self._offices[question.enterprise] = replace(knowledge, entry=None)
        key = (question.enterprise, question.caller)
        self._callers[key] = knowledge.entry
        self._callers.move_to_end(key)
        if len(self._callers) > _REMEMBERED:
            self._callers.popitem(last=False)

    def _policy(self, account: Account, region: str) -> RoutePolicy:
        """Read once per loaded configuration."""
        kept = self._policies.get(account.connection_id)
        if kept is None or kept[0] is not account:
            kept = (account, read_routing(account.config, region))
            self._policies[account.connection_id] = kept
        return kept[1]

    def _given(
        self, question: _Question, caller: str, answer: RouteAnswer, took_ms: float
    ) -> GivenAnswer:
        return GivenAnswer(
            enterprise=question.enterprise,
            call_id=question.call_id,
            at=self._clock.now(),
            caller=question.caller or _digits(caller),
            line=question.line,
            extension=answer.extension,
            why=answer.why,
            age_s=answer.age_s,
            skipped=msgspec.json.encode(answer.skipped).decode(),
            remembered=answer.remembered,
            took_ms=took_ms,
        )


def _number(text: str, region: str) -> str | None:
    return to_e164(text, region) or _digits(text)


def _digits(text: str) -> str | None:
    """What of an untrusted text may be kept, if there is anything."""
    return _NOT_A_NUMBER.sub("", text)[:_LONGEST_NUMBER] or None
