"""The requirement's configuration document as a form of ours, checked field by field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.mapping import validated
from kommutator.domain.rules import Creates, read_rules
from kommutator.flows.forms import ConnectionForm
from kommutator.kit.errors import InvalidInput
from kommutator.kit.plain_json import read_json
from kommutator.kit.zones import is_zone

MASK = "•"
_EVENTS = ("incoming", "outgoing", "hangup", "record", "unplaced")
_RANGES = {"requests_per_second": (0.1, 10.0), "recording_wait_s": (0.0, 600.0)}
_LONGEST_TEXT = 255
_LARGEST_CONFIG = 262_144  # bytes of JSON; thousands of employees and lines


def config_form(body: Mapping[str, Any]) -> tuple[ConnectionForm, bool | None]:
    """The form, and what `enabled` says (None: nothing).

    Unknown fields are refused: a misspelt option must not look saved.

    Raises:
        InvalidInput: `domain_missing`, `option_unknown`, `option_invalid`,
            `rule_invalid`, `rule_unsorted_foreign`, `time_zone_invalid`, `config_too_large`,
            and those of `domain.mapping.validated`.
    """
    left = dict(body)
    enabled = left.pop("enabled", None)
    address = left.pop("domain", None) or left.pop("api_url", None)
    key = left.pop("api_key", None)
    for read_only in ("enterprise_number", "last_sync", "status", "status_reason", "csrf_token"):
        left.pop(read_only, None)
    left |= _object(left.pop("options", None), "options")
    if not isinstance(address, str):
        raise InvalidInput("domain_missing")
    secrets = {}
    if isinstance(key, str) and key.strip() and MASK not in key:
        secrets["api_key"] = key.strip()
    config = {name: _option(name, value) for name, value in left.items() if name != "sites"}
    if len(msgspec.json.encode(config)) > _LARGEST_CONFIG:
        raise InvalidInput("config_too_large")
    form = ConnectionForm(
        kind=ConnectionKind.RETAILCRM, address=address, secrets=secrets, config=config
    )
    return form, None if enabled is None else flag(enabled, "enabled")


def flag(value: Any, name: str) -> bool:
    """true, 1, "1", "on" and their opposites. Raises InvalidInput: `option_invalid`."""
    words = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}
    found = words.get(str(value).lower())
    if found is None:
        raise InvalidInput("option_invalid", option=name)
    return found


def _option(name: str, value: Any) -> Any:
    if value is None:
        return None
    reader = _READERS.get(name)
    if reader is None:
        raise InvalidInput("option_unknown", option=name[:64])
    return reader(value, name)


def _extensions(value: Any, name: str) -> dict[str, str]:
    return validated(_object(value, name))


def _events(value: Any, name: str) -> dict[str, bool]:
    given = _object(value, name)
    return {event: flag(given[event], name) for event in _EVENTS if event in given}


def _lines(value: Any, name: str) -> dict[str, str]:
    return {str(line): _text(site, name) for line, site in _object(value, name).items()}


def _rules(value: Any, name: str) -> list[Any]:
    rules = _decoded(value)
    if not isinstance(rules, list):
        raise InvalidInput("option_invalid", option=name)
    understood = read_rules(rules)
    if len(understood) != len(rules):
        raise InvalidInput("rule_invalid")
    if any(rule.create is Creates.UNSORTED for rule in understood):
        raise InvalidInput("rule_unsorted_foreign")
    return rules


def _object(value: Any, name: str) -> dict[str, Any]:
    value = {} if value is None else _decoded(value)
    if not isinstance(value, dict):
        raise InvalidInput("option_invalid", option=name)
    return value


def _decoded(value: Any) -> Any:
    """Forms carry structures as JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return read_json(value)
    except ValueError:
        return None


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str | int) or len(str(value)) > _LONGEST_TEXT:
        raise InvalidInput("option_invalid", option=name)
    return str(value).strip()


def _number(value: Any, name: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    lowest, highest = _RANGES[name]
    if not lowest <= number <= highest:
        raise InvalidInput("option_invalid", option=name)
    return number


def _optional_text(value: Any, name: str) -> str | None:
    return _text(value, name) or None


def _time_zone(value: Any, name: str) -> str | None:
    zone = _optional_text(value, name)
    if zone is not None and not is_zone(zone):
        raise InvalidInput("time_zone_invalid", time_zone=zone[:50])
    return zone


_READERS: Mapping[str, Callable[[Any, str], Any]] = {
    "user_extensions": _extensions,
    "events": _events,
    "lines": _lines,
    "rules": _rules,
    "allow_edit": flag,
    "accept_number_client_id": flag,
    "recordings": flag,
    "default_site": _optional_text,
    "default_performer": _optional_text,
    "time_zone": _time_zone,
    "requests_per_second": _number,
    "recording_wait_s": _number,
}
