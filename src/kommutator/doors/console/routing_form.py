"""From the routing form's fields to the config's `routing`, and back. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import time
from typing import Any

from kommutator.domain.routing import STEPS
from kommutator.kit.errors import InvalidInput
from kommutator.kit.phones import to_e164

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OBSTACLES = ("busy", "away", "closed")
RULES = ("next", "ring", "group")
_DEFAULTS = {"busy": "next", "away": "next", "closed": "group"}
_USUAL_HOURS = ("09:00", "18:00")
_MOST_ROWS = 200
_MOST_DAYS = 3650
_SPARE = 2


def shown(routing: Mapping[str, Any]) -> dict[str, Any]:
    """The form's values for a stored `routing`, defaults filled in, and empty rows to type into."""
    used = [step for step in routing.get("order", STEPS) if step in STEPS]
    hours = routing.get("hours")
    lines = routing.get("lines") or {}
    return {
        "enabled": routing.get("enabled", True) is not False,
        "steps": [*[(s, True) for s in used], *[(s, False) for s in STEPS if s not in used]],
        "obstacles": [(name, routing.get(name, _DEFAULTS[name])) for name in OBSTACLES],
        "hours_on": bool(hours),
        "hours": [
            (day, *((hours or {}).get(day) or (_USUAL_HOURS if not hours else ("", ""))))
            for day in DAYS
        ],
        "deputies": [*(routing.get("deputies") or {}).items(), *[("", "")] * _SPARE],
        "lines": [
            *[
                (line, rule.get("extension") or "", bool(rule.get("off")))
                for line, rule in lines.items()
            ],
            *[("", "", False)] * _SPARE,
        ],
        "last_talker_days": routing.get("last_talker_days", 90),
    }


def read(
    sent: Mapping[str, str], order: Sequence[str], known: Collection[str], region: str
) -> dict[str, Any]:
    """The config's `routing`.

    Args:
        order: all steps as they stand in the form, used or not.
        known: the enterprise's extensions.
        region: whose national numbers may be typed.

    Raises:
        InvalidInput: `routing_hours_invalid`, `routing_days_invalid`, `line_invalid`,
            `extension_unknown`, `deputy_invalid`.
    """
    steps = [step for step in dict.fromkeys([*order, *STEPS]) if step in STEPS]
    return {
        "enabled": bool(sent.get("enabled")),
        "order": [step for step in steps if sent.get(f"use-{step}")],
        **{name: _rule(name, sent.get(name, "")) for name in OBSTACLES},
        "hours": _hours(sent) if sent.get("hours_on") else None,
        "deputies": dict(_deputies(sent, known)),
        "lines": dict(_lines(sent, known, region)),
        "last_talker_days": _days(sent.get("last_talker_days", "")),
    }


def moved(order: Sequence[str], move: str) -> list[str]:
    """The order after `owner:up` or `owner:down`; for browsers without scripts."""
    step, _, way = move.partition(":")
    steps: list[str] = [s for s in dict.fromkeys([*order, *STEPS]) if s in STEPS]
    if step in steps:
        at = steps.index(step)
        to = at + (-1 if way == "up" else 1)
        if 0 <= to < len(steps):
            steps[at], steps[to] = steps[to], steps[at]
    return steps


def _rule(name: str, typed: str) -> str:
    return typed if typed in RULES else _DEFAULTS[name]


def _hours(sent: Mapping[str, str]) -> dict[str, list[str]]:
    found = {}
    for day in DAYS:
        begin, end = (sent.get(f"{day}-{edge}", "").strip() for edge in ("from", "to"))
        if not begin and not end:
            continue
        try:
            times = [time.fromisoformat(begin), time.fromisoformat(end)]
        except ValueError:
            raise InvalidInput("routing_hours_invalid") from None
        found[day] = [at.strftime("%H:%M") for at in times]
    if not found:
        raise InvalidInput("routing_hours_invalid")
    return found


def _rows(sent: Mapping[str, str], *names: str) -> Iterator[tuple[str, ...]]:
    for index in range(_MOST_ROWS):
        if f"{names[0]}-{index}" not in sent:
            return
        yield tuple(sent.get(f"{name}-{index}", "").strip() for name in names)


def _deputies(sent: Mapping[str, str], known: Collection[str]) -> Iterator[tuple[str, str]]:
    for who, deputy in _rows(sent, "absent", "deputy"):
        if not who or not deputy:
            continue
        if who == deputy:
            raise InvalidInput("deputy_invalid", extension=who)
        yield _extension(who, known), _extension(deputy, known)


def _lines(
    sent: Mapping[str, str], known: Collection[str], region: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    for typed, extension, off in _rows(sent, "line", "line-extension", "line-off"):
        if not typed:
            continue
        number = to_e164(typed, region)
        if number is None:
            raise InvalidInput("line_invalid", line=typed[:40])
        yield number, {"extension": _extension(extension, known) or None, "off": bool(off)}


def _extension(typed: str, known: Collection[str]) -> str:
    if typed and typed not in known:
        raise InvalidInput("extension_unknown", extension=typed[:20])
    return typed


def _days(typed: str) -> int:
    typed = typed.strip()
    if not (typed.isascii() and typed.isdigit() and int(typed) <= _MOST_DAYS):
        raise InvalidInput("routing_days_invalid", most=_MOST_DAYS)
    return int(typed)
