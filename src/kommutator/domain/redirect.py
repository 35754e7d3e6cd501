"""Who should take this call? The whole decision, pure.

Candidates are asked in the enterprise's order. Somebody who cannot take it now is passed over
with a reason, and their deputy is asked; if nobody is left, the PBX's own group rings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from kommutator.domain.routing import RoutePolicy, Rule, Step

GROUP = "route.group."
NO_EXTENSION = ""
"""In `RouteAnswer.skipped`: the client's owner in the CRM has no phone of ours."""

_EXTENSION = re.compile(r"[0-9]{2,6}")
Obstacle = Literal["busy", "away", "closed"]


@dataclass(frozen=True, slots=True)
class KnownCaller:
    """What the phone book holds about the caller; the columns of `phone_book`.

    `told_by` is the CRM connection that named the owner.
    """

    owner_user: str | None = None
    owner_code: str | None = None
    crm_at: datetime | None = None
    last_talker: str | None = None
    last_talk_at: datetime | None = None
    pinned: str | None = None
    told_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class PhoneState:
    """What an employee and their phone do right now.

    Attributes:
        presence: free, busy, dinner or break, by their own word in the CRM.
        talking, ringing: in another call.
        registered: None: not known.
    """

    presence: str = "free"
    talking: bool = False
    ringing: bool = False
    registered: bool | None = None


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All that a decision rests on.

    Attributes:
        entry: None: the phone book has no such number.
        extensions: of whom the CRM calls its users: CRM user id → extension.
        known: the enterprise's internal numbers; nobody else's phone is ever named.
        states: extension → state; who is missing is free.
    """

    entry: KnownCaller | None = None
    extensions: Mapping[str, str | None] = field(default_factory=dict)
    known: frozenset[str] = frozenset()
    states: Mapping[str, PhoneState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RouteAnswer:
    """Whose phone shall ring.

    Attributes:
        extension: None: the PBX's own group.
        why: slug, catalog key.
        age_s: how old the knowledge behind it is; None where age means nothing.
        skipped: who could not take it, and why not (slug `route.skip.<reason>`).
        remembered: the database did not answer; this is by what was known before.
    """

    extension: str | None
    why: str
    age_s: float | None = None
    skipped: tuple[tuple[str, str], ...] = ()
    remembered: bool = False


def to_group(
    reason: str, skipped: tuple[tuple[str, str], ...] = (), age_s: float | None = None
) -> RouteAnswer:
    """The PBX's own group rings."""
    return RouteAnswer(None, GROUP + reason, age_s, skipped)


def forget_moments(knowledge: Knowledge) -> Knowledge:
    """What is left of knowledge that has aged: who was in a call then tells nothing now."""
    states = {
        extension: replace(state, talking=False, ringing=False)
        for extension, state in knowledge.states.items()
    }
    return replace(knowledge, states=states)


def decide_route(
    knowledge: Knowledge, policy: RoutePolicy, *, caller: str | None, line: str | None, at: datetime
) -> RouteAnswer:
    """Answer the PBX's question.

    Args:
        caller: E.164; None: hidden, or no number at all.
        line: the company number that was called.
        at: now, in the enterprise's time zone.
    """
    if not policy.enabled:
        return to_group("off")
    if policy.line_rule(line).off:
        return to_group("line_off")
    return _Search(knowledge, policy, caller, line, at).run()


@dataclass(frozen=True, slots=True)
class _Candidate:
    step: Step
    extension: str | None
    age_s: float | None = None


class _Search:
    """One walk along the candidates."""

    def __init__(
        self,
        knowledge: Knowledge,
        policy: RoutePolicy,
        caller: str | None,
        line: str | None,
        at: datetime,
    ) -> None:
        self._knowledge = knowledge
        self._policy = policy
        self._caller = caller
        self._line = line
        self._at = at
        self._open = policy.is_open(at)
        self._asked: set[str] = set()
        self._skipped: list[tuple[str, str]] = []

    def run(self) -> RouteAnswer:
        for candidate in self._candidates():
            if answer := self._try(candidate):
                return answer
        return self._nobody()

    def _candidates(self) -> Iterator[_Candidate]:
        for step in self._policy.order:
            if step == "line":
                if extension := self._policy.line_rule(self._line).extension:
                    yield _Candidate(step, extension)
            elif self._caller and self._knowledge.entry:
                yield from self._of_entry(step, self._knowledge.entry)

    def _of_entry(self, step: Step, entry: KnownCaller) -> Iterator[_Candidate]:
        if step == "pinned" and entry.pinned:
            yield _Candidate(step, entry.pinned)
        elif step == "owner" and (entry.owner_user or entry.owner_code):
            mapped = self._knowledge.extensions.get(entry.owner_user or "")
            yield _Candidate(step, mapped or entry.owner_code, self._age(entry.crm_at))
        elif step == "last_talker" and entry.last_talker and self._recent(entry.last_talk_at):
            yield _Candidate(step, entry.last_talker, self._age(entry.last_talk_at))

    def _try(self, candidate: _Candidate) -> RouteAnswer | None:
        """An answer, or None: somebody else must be asked."""
        extension = candidate.extension
        if not self._usable(extension):
            return None
        assert extension is not None
        rule = self._judge(extension, off_duty=not self._open)
        if rule == "ring":
            return self._answer(f"route.{candidate.step}", extension, candidate.age_s)
        if rule == "group":
            return self._give_up(candidate.age_s)
        deputy = self._policy.deputies.get(extension)
        if deputy is None or not self._usable(deputy):
            return None
        rule = self._judge(deputy, off_duty=False)
        if rule == "ring":
            return self._answer("route.deputy", deputy, candidate.age_s)
        return self._give_up(candidate.age_s) if rule == "group" else None

    def _usable(self, extension: str | None) -> bool:
        """Whether it is a phone of ours that was not asked yet."""
        if extension is None:
            self._skipped.append((NO_EXTENSION, "no_extension"))
            return False
        if extension in self._asked:
            return False
        self._asked.add(extension)
        ours = extension in self._knowledge.known or extension in self._mapped()
        if not ours or not _EXTENSION.fullmatch(extension):
            self._skipped.append((extension[:20], "unknown_extension"))
            return False
        return True

    def _mapped(self) -> frozenset[str]:
        return frozenset(number for number in self._knowledge.extensions.values() if number)

    def _judge(self, extension: str, *, off_duty: bool) -> Rule:
        """The rule for this person now; whoever is passed over is noted with the reason."""
        found = self._obstacle(extension, off_duty=off_duty)
        if found is None:
            return "ring"
        obstacle, reason = found
        rule: Rule = getattr(self._policy, obstacle)
        if reason == "unreachable" and rule == "ring":
            rule = "next"  # a phone that is not there cannot ring
        if rule != "ring":
            self._skipped.append((extension, reason))
        return rule

    def _obstacle(self, extension: str, *, off_duty: bool) -> tuple[Obstacle, str] | None:
        """Why this person should not be rung: which rule decides, and the reason in a word."""
        state = self._knowledge.states.get(extension, PhoneState())
        if state.registered is False:
            return "away", "unreachable"
        if off_duty and self._policy.closed != "ring":
            return "closed", "closed"
        if state.presence in ("dinner", "break") and self._policy.away != "ring":
            return "away", state.presence
        if state.talking:
            return "busy", "talking"
        if state.ringing:
            return "busy", "ringing"
        return ("busy", "busy") if state.presence == "busy" else None

    def _answer(self, why: str, extension: str, age_s: float | None) -> RouteAnswer:
        return RouteAnswer(extension, why, age_s, tuple(self._skipped))

    def _give_up(self, age_s: float | None) -> RouteAnswer:
        """A rule says: this person, or the group."""
        reason = self._skipped[-1][1]
        return to_group("closed" if reason == "closed" else "taken", tuple(self._skipped), age_s)

    def _nobody(self) -> RouteAnswer:
        if not self._skipped:
            if self._caller is None:
                return to_group("hidden_number")
            return to_group("unknown_caller")
        reasons = {reason for _, reason in self._skipped}
        return to_group("closed" if reasons == {"closed"} else "nobody", tuple(self._skipped))

    def _recent(self, at: datetime | None) -> bool:
        return at is not None and self._at - at <= self._policy.last_talker

    def _age(self, at: datetime | None) -> float | None:
        return None if at is None else max((self._at - at).total_seconds(), 0.0)
