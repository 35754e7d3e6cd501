"""What a finished call creates in the CRM: a table that the tenant edits.

A rule is `when` → `create`. Every rule whose conditions hold fires, top to bottom; the same
thing is created once per call, by the first rule that asks for it. Config shape:

    {"direction": "in", "result": "missed", "client": "new", "line": "+375170000001",
     "create": "task", "text": "Call back", "due_minutes": 15, "performer": "150",
     "method": "missed-call", "name": "…"}

Only `create` is required; a condition left out holds always. `unsorted` needs a CRM with a tray
for what nobody has taken yet, and an inbound call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from kommutator.domain.commands import (
    Command,
    CreateCustomer,
    CreateOrder,
    CreateTask,
    CreateUnsorted,
    Direction,
)

_LONGEST_DUE_MINUTES = 366 * 24 * 60


class Creates(StrEnum):
    CUSTOMER = "customer"
    ORDER = "order"
    TASK = "task"
    UNSORTED = "unsorted"


class CallEnd(StrEnum):
    ANSWERED = "answered"
    MISSED = "missed"


class Acquaintance(StrEnum):
    """Whether the CRM has this client already."""

    KNOWN = "known"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table; None means "any"."""

    create: Creates
    direction: Direction | None = None
    result: CallEnd | None = None
    client: Acquaintance | None = None
    line: str | None = None
    text: str = ""
    name: str = ""
    method: str | None = None
    performer: str | None = None
    due_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What rules look at. `known`: the CRM has this client; None if nobody has looked.

    Attributes:
        at: when the rules are asked; deadlines count from it.
        started_at, talk_s, rang: of the call, as in `CallRecord`; `started_at` None means `at`.
    """

    direction: Direction
    client: str
    answered: bool
    at: datetime
    line: str | None = None
    extension: str | None = None
    known: bool | None = None
    site: str | None = None
    default_performer: str | None = None
    started_at: datetime | None = None
    talk_s: int = 0
    rang: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """How one rule fared. `why` is a slug: "fires", or the first condition that failed."""

    rule: Rule
    fires: bool
    why: str


@dataclass(frozen=True, slots=True)
class Applied:
    """The commands of all rules that fire, and the fate of each rule in order."""

    commands: tuple[Command, ...]
    lines: tuple[Line, ...]


def read_rules(raw: Iterable[Any]) -> tuple[Rule, ...]:
    """From a connection's config. Lines that make no sense are left out, never guessed at."""
    return tuple(rule for line in raw if (rule := _read(line)) is not None)


def apply_rules(rules: Sequence[Rule], facts: CallFacts) -> Applied:
    """Decide. Pure, so that the console's trial run shows exactly what would happen."""
    commands: list[Command] = []
    lines: list[Line] = []
    created: set[str] = set()
    for rule in rules:
        why = _first_obstacle(rule, facts) or ("already_created" if rule.create in created else "")
        lines.append(Line(rule, fires=not why, why=why or "fires"))
        if not why:
            created.add(rule.create)
            commands.append(_command(rule, facts))
    return Applied(tuple(commands), tuple(lines))


dry_run = apply_rules
"""The same decision under the name that says that nothing is sent."""


def _first_obstacle(rule: Rule, facts: CallFacts) -> str:
    if rule.direction is not None and rule.direction is not facts.direction:
        return "other_direction"
    if rule.create is Creates.UNSORTED and facts.direction is not Direction.IN:
        return "only_inbound"
    if rule.result not in {None, CallEnd.ANSWERED if facts.answered else CallEnd.MISSED}:
        return "other_result"
    if rule.line is not None and rule.line != facts.line:
        return "other_line"
    return _client_obstacle(rule, facts)


def _client_obstacle(rule: Rule, facts: CallFacts) -> str:
    """Nobody looked: then only a customer may be created, for creating one looks first."""
    if rule.client is None:
        return ""
    if facts.known is None:
        looks_first = rule.client is Acquaintance.NEW and rule.create is Creates.CUSTOMER
        return "" if looks_first else "client_not_looked_up"
    truth = Acquaintance.KNOWN if facts.known else Acquaintance.NEW
    return "" if rule.client is truth else f"client_is_{truth}"


def _command(rule: Rule, facts: CallFacts) -> Command:
    if rule.create is Creates.CUSTOMER:
        return CreateCustomer(
            client=facts.client,
            name=rule.name or facts.client,
            extension=facts.extension,
            site=facts.site,
            rang=facts.rang,
        )
    if rule.create is Creates.ORDER:
        return CreateOrder(
            client=facts.client,
            method=rule.method,
            extension=facts.extension,
            site=facts.site,
            rang=facts.rang,
        )
    if rule.create is Creates.UNSORTED:
        return CreateUnsorted(
            client=facts.client,
            name=rule.name,
            started_at=facts.started_at or facts.at,
            talk_s=facts.talk_s,
            line=facts.line,
            extension=facts.extension,
            rang=facts.rang,
        )
    return CreateTask(
        client=facts.client,
        text=rule.text or facts.client,
        due_at=None if rule.due_minutes is None else facts.at + timedelta(minutes=rule.due_minutes),
        performer=rule.performer,
        default_performer=facts.default_performer,
        site=facts.site,
        rang=facts.rang,
    )


def _read(raw: Any) -> Rule | None:
    try:
        return _strictly(raw) if isinstance(raw, Mapping) else None
    except (ValueError, TypeError):
        return None


def _strictly(raw: Mapping[str, Any]) -> Rule:
    due = raw.get("due_minutes")
    fits = isinstance(due, int) and 0 <= due <= _LONGEST_DUE_MINUTES
    return Rule(
        create=Creates(str(raw.get("create"))),
        direction=_choice(Direction, raw.get("direction")),
        result=_choice(CallEnd, raw.get("result")),
        client=_choice(Acquaintance, raw.get("client")),
        line=_text(raw.get("line")),
        text=_text(raw.get("text")) or "",
        name=_text(raw.get("name")) or "",
        method=_text(raw.get("method")),
        performer=_text(raw.get("performer")),
        due_minutes=due if fits else None,
    )


_Word = TypeVar("_Word", bound=StrEnum)


def _choice(words: type[_Word], raw: Any) -> _Word | None:
    """None for "any". Raises ValueError for a word that is not in the table's language."""
    return None if raw in (None, "", "any") else words(raw)


def _text(raw: Any) -> str | None:
    return None if raw in (None, "", "any") else str(raw)
