"""From the settings form's fields to config shapes, and back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kommutator.kit.errors import InvalidInput
from kommutator.kit.given import whole
from kommutator.kit.phones import to_e164

RULE_CHOICES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("create", ("", "customer", "order", "task")),
    ("direction", ("", "in", "out")),
    ("result", ("", "missed", "answered")),
    ("client", ("", "new", "known")),
)
AMOCRM_RULE_CHOICES = (("create", (*RULE_CHOICES[0][1], "unsorted")), *RULE_CHOICES[1:])
"""amoCRM has a tray for what nobody has taken yet."""

_TEXT_FIELD = {"customer": "name", "order": "method", "task": "text", "unsorted": "name"}
_DEFAULT_DAYS = {
    "journal": 30,
    "outbox": 90,
    "attempts": 90,
    "route_answers": 90,
    "calls": 365,
    "recordings": 180,
    "crm_copy": 365,
    "salon_copy": 1095,
}
_LONGEST_DAYS = 3650
_MOST_LINES = 200
_FASTEST = 10.0  # requests per second that the vendor allows


def lines(sent: Mapping[str, str]) -> dict[str, str]:
    """`line-N` and `site-N` → company number → shop. A line left empty is dropped.

    Raises:
        InvalidInput: `line_invalid`.
    """
    found: dict[str, str] = {}
    for index in range(_MOST_LINES):
        if (typed := sent.get(f"line-{index}")) is None:
            break
        site = sent.get(f"site-{index}", "")
        if not typed.strip() or not site:
            continue
        number = to_e164(typed)
        if number is None:
            raise InvalidInput("line_invalid", line=typed[:40])
        found[number] = site
    return found


def rules(sent: Mapping[str, str]) -> list[dict[str, Any]]:
    """`rule-N-field` → the config's rules. A rule without `create` is dropped.

    Raises:
        InvalidInput: `rule_due_invalid`, `line_invalid`.
    """
    found = []
    for index in range(_MOST_LINES):
        create = sent.get(f"rule-{index}-create")
        if create is None:
            break
        if create in _TEXT_FIELD:
            found.append(_rule(index, create, sent))
    return found


def rate(text: str) -> float:
    """Requests per second. Raises InvalidInput: `rate_invalid`."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        raise InvalidInput("rate_invalid", most=_FASTEST) from None
    if not 0 < value <= _FASTEST:
        raise InvalidInput("rate_invalid", most=_FASTEST)
    return value


def retention(settings: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Days that each family of rows is kept, defaults filled in."""
    own = settings.get("retention_days") or {}
    return [(family, int(own.get(family, days))) for family, days in _DEFAULT_DAYS.items()]


def kept_days(sent: Mapping[str, str]) -> dict[str, int]:
    """`keep_<family>` → days. Raises InvalidInput: `retention_invalid`."""
    found = {}
    for family in _DEFAULT_DAYS:
        days = whole(sent.get(f"keep_{family}", "")) or 0
        if not 1 <= days <= _LONGEST_DAYS:
            raise InvalidInput("retention_invalid", most=_LONGEST_DAYS)
        found[family] = days
    return found


def _rule(index: int, create: str, sent: Mapping[str, str]) -> dict[str, Any]:
    def typed(name: str) -> str:
        return sent.get(f"rule-{index}-{name}", "").strip()

    rule: dict[str, Any] = {"create": create}
    for name, choices in RULE_CHOICES[1:]:
        if typed(name) in choices and typed(name):
            rule[name] = typed(name)
    if typed("line"):
        number = to_e164(typed("line"))
        if number is None:
            raise InvalidInput("line_invalid", line=typed("line")[:40])
        rule["line"] = number
    if typed("text"):
        rule[_TEXT_FIELD[create]] = typed("text")
    if typed("performer"):
        rule["performer"] = typed("performer")
    if typed("due"):
        due = whole(typed("due"))
        if due is None:
            raise InvalidInput("rule_due_invalid", due=typed("due")[:20])
        rule["due_minutes"] = due
    return rule
