"""An enterprise's rules for "whose phone should ring?", read from its PBX connection. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Literal, get_args

from kommutator.kit.phones import digits, to_e164

Step = Literal["pinned", "owner", "last_talker", "line"]
Rule = Literal["ring", "next", "group"]
"""What to do with somebody who is busy, away or off duty: ring all the same, ask the deputy and
then the next candidate, or leave the call to the PBX's own group."""

STEPS: tuple[Step, ...] = get_args(Step)
_RULES = get_args(Rule)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LAST_TALKER_DAYS = 90
_MOST_DAYS = 3650

Span = tuple[time, time]
"""From, until; until ≤ from reaches into the next day."""


@dataclass(frozen=True, slots=True)
class LineRule:
    """Of one company number. `off`: its calls always go to the group."""

    extension: str | None = None
    off: bool = False


@dataclass(frozen=True, slots=True)
class RoutePolicy:
    """The `routing` part of an Asterisk connection's config.

    Attributes:
        order: who is asked, one after the other; what is missing is not asked.
        closed: for everybody but deputies, outside of `hours`.
        hours: weekday (0 is Monday) → working time; None: always open.
        deputies: extension → who stands in.
        lines: digits of a company number → its rule.
    """

    enabled: bool = True
    order: tuple[Step, ...] = STEPS
    busy: Rule = "next"
    away: Rule = "next"
    closed: Rule = "group"
    hours: Mapping[int, Span] | None = None
    deputies: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, LineRule] = field(default_factory=dict)
    last_talker: timedelta = timedelta(days=_LAST_TALKER_DAYS)

    def line_rule(self, line: str | None) -> LineRule:
        """`line` in E.164, or as it came."""
        return self.lines.get(digits(line or ""), LineRule())

    def is_open(self, local: datetime) -> bool:
        """Whether the enterprise works at this moment of its own time zone."""
        if self.hours is None:
            return True
        at = local.time().replace(tzinfo=None)
        today, yesterday = (self.hours.get((local.weekday() - back) % 7) for back in (0, 1))
        if today is not None:
            begin, end = today
            if at >= begin and (at < end or end <= begin):
                return True
        return yesterday is not None and yesterday[1] <= yesterday[0] and at < yesterday[1]


def read_routing(config: Mapping[str, Any], region: str = "RU") -> RoutePolicy:
    """From `connections.config`; what is missing keeps its default, what is odd is ignored.

    Args:
        region: of whose national numbers the keys of `lines` may be.
    """
    given = config.get("routing")
    given = given if isinstance(given, Mapping) else {}
    return RoutePolicy(
        enabled=given.get("enabled", True) is not False,
        order=_order(given.get("order")),
        busy=_rule(given.get("busy"), "next"),
        away=_rule(given.get("away"), "next"),
        closed=_rule(given.get("closed"), "group"),
        hours=_hours(given.get("hours")),
        deputies=_texts(given.get("deputies")),
        lines=_lines(given.get("lines"), region),
        last_talker=timedelta(days=_days(given.get("last_talker_days"))),
    )


def _order(given: Any) -> tuple[Step, ...]:
    if not isinstance(given, Sequence) or isinstance(given, str):
        return STEPS
    return tuple(dict.fromkeys(step for step in given if step in STEPS))


def _rule(given: Any, default: Rule) -> Rule:
    return given if given in _RULES else default


def _texts(given: Any) -> dict[str, str]:
    if not isinstance(given, Mapping):
        return {}
    return {str(key): str(value) for key, value in given.items() if value}


def _lines(given: Any, region: str) -> dict[str, LineRule]:
    if not isinstance(given, Mapping):
        return {}
    return {
        digits(to_e164(str(line), region) or str(line)): LineRule(
            str(rule["extension"]) if rule.get("extension") else None, bool(rule.get("off"))
        )
        for line, rule in given.items()
        if isinstance(rule, Mapping)
    }


def _days(given: Any) -> float:
    numeric = isinstance(given, int | float) and not isinstance(given, bool)
    return given if numeric and 0 <= given <= _MOST_DAYS else _LAST_TALKER_DAYS


def _hours(given: Any) -> dict[int, Span] | None:
    """A day that is not named is a day off; one that cannot be read is open all day."""
    if not isinstance(given, Mapping) or not given:
        return None
    named = {day: given[name] for day, name in enumerate(_DAYS) if given.get(name)}
    return {day: _span(value) for day, value in named.items()}


def _span(given: Any) -> Span:
    try:
        begin, end = (time.fromisoformat("00:00" if at == "24:00" else at) for at in given)
    except (TypeError, ValueError):
        return time.min, time.min
    return begin.replace(tzinfo=None), end.replace(tzinfo=None)
