"""What RetailCRM is sent for each scenario, as tests/fixtures/asterisk/payloads.txt tells."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from tests.support.calls import FIXTURES

_PAIR = re.compile(r"(\w+)=(.*?)(?= \w+=|$)")
EXPECTED = FIXTURES / "payloads.txt"


@lru_cache
def payload_lines() -> dict[str, list[str]]:
    """Scenario → one line for each payload, in order."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in EXPECTED.read_text().splitlines():
        if line.startswith("  "):
            found[name].append(line.strip())
        elif line:
            name = line
            found[name] = []
    return found


@dataclass
class InTheCrm:
    """What one call leaves there. `shown`: extensions that saw the card."""

    kind: str
    result: str
    code: str | None
    shown: set[str] = field(default_factory=set)
    ended_as: str | None = None


def in_the_crm(name: str) -> list[InTheCrm]:
    """The calls of a scenario, the client's own first."""
    calls: dict[str, InTheCrm] = {}
    shown: dict[str, set[str]] = {}
    ended: dict[str, str] = {}
    for line in payload_lines()[name]:
        told = dict(_PAIR.findall(line))
        phone = told["phone"]
        if "externalId" in told:
            calls[phone] = InTheCrm(told["type"], told["result"], told.get("code"))
        elif told["type"] == "hangup":
            ended[phone] = told["hangupStatus"]
        else:
            shown.setdefault(phone, set()).update(told["codes"].split("+"))
    for phone, call in calls.items():
        call.shown, call.ended_as = shown.get(phone, set()), ended.get(phone)
    return [calls[phone] for phone in sorted(calls)]
