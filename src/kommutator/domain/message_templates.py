"""Message templates: what may open a talk where free text may not (contract messaging §1.7). Pure.

The vendor approves a text with places; which of ours goes into which place is set per kind of
unasked message: `config["templates"] = {"reminder_day": {"name", "language", "fills": [...]}}`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

import msgspec

from kommutator.domain.connection import Account
from kommutator.domain.outreach.wanted import OutreachKind
from kommutator.domain.template_message import MessageTemplate
from kommutator.kit.errors import InvalidInput

KEY: Final = "templates"
LONGEST: Final = 900  # characters of one place; the vendor takes 1024 for the whole body
_NOBODY: Final = {"ru": "гость", "uk": "гостю", "en": "guest"}
Fill = Literal["client", "text"]


class KindTemplate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sent for one kind. `fills`: what stands in places 1, 2 and so on."""

    name: str
    language: str
    fills: tuple[Fill, ...] = ("client", "text")


@dataclass(frozen=True, slots=True)
class Approved:
    """A template that the vendor lets us use. `places`: how many its body has."""

    name: str
    language: str
    places: int
    text: str


class TemplateDesk(Protocol):
    """The side of a messenger that knows templates."""

    async def templates(self, account: Account) -> Sequence[Approved]:
        """Those that may be used now. Raises VendorError."""
        ...


def read_templates(config: Mapping[str, Any]) -> Mapping[OutreachKind, KindTemplate]:
    """Of a connection; what no version of ours wrote counts as none."""
    try:
        return msgspec.convert(config.get(KEY) or {}, dict[OutreachKind, KindTemplate])
    except msgspec.ValidationError:
        return {}


def checked_templates(
    given: Mapping[str, Any], approved: Sequence[Approved]
) -> Mapping[OutreachKind, KindTemplate]:
    """From outside.

    Raises:
        InvalidInput: `templates_invalid` (`field`: the kind), also for one that says nothing of
            ours; `template_not_approved` (`name`); `template_places` (`name`, `places`).
    """
    try:
        wanted = msgspec.convert(dict(given), dict[OutreachKind, KindTemplate])
    except (msgspec.ValidationError, RecursionError):
        raise InvalidInput("templates_invalid", field="templates") from None
    known = {(one.name, one.language): one for one in approved}
    for kind, one in wanted.items():
        found = known.get((one.name, one.language))
        if found is None:
            raise InvalidInput("template_not_approved", name=f"{one.name} ({one.language})")
        if found.places != len(one.fills):
            raise InvalidInput("template_places", name=one.name, places=found.places)
        if "text" not in one.fills:
            raise InvalidInput("templates_invalid", field=kind.value)
    return wanted


def filled(template: KindTemplate, *, client: str, text: str) -> MessageTemplate:
    """No place may be empty, have a line's end, or many blanks in a row."""
    name = _in_one_line(client) or _NOBODY.get(template.language[:2].lower(), _NOBODY["en"])
    values = {"client": name, "text": _in_one_line(text)}
    params = tuple(values[fill][:LONGEST] for fill in template.fills)
    return MessageTemplate(name=template.name, language=template.language, params=params)


def _in_one_line(text: str) -> str:
    return " · ".join(line for raw in text.splitlines() if (line := " ".join(raw.split())))
