"""A request to YClients and what came back, as values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from kommutator.connectors.crm.yclients.envelope import Envelope
from kommutator.domain.outcome import Exchange
from kommutator.kit.http import Pairs
from kommutator.kit.plain_json import as_map, as_text, maps_in

Json = Mapping[str, Any] | Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Reply:
    """The vendor did what was asked."""

    status: int
    envelope: Envelope
    exchange: Exchange

    @property
    def data(self) -> Any:
        return self.envelope.data

    @property
    def map(self) -> dict[str, Any]:
        """The one object; of a list of one, that one (§1.5: both occur for one method)."""
        if isinstance(self.data, list):
            return next(maps_in(self.data), {})
        return as_map(self.data)

    @property
    def rows(self) -> list[dict[str, Any]]:
        return list(maps_in(self.data))

    @property
    def total(self) -> int | None:
        """As the vendor counts: `total_count` or `count` of the meta."""
        for name in ("total_count", "count"):
            text = as_text(self.envelope.meta.get(name))
            if text and text.isdecimal():
                return int(text)
        return None


@dataclass(frozen=True, slots=True)
class Request:
    """One call.

    Attributes:
        user: the method wants a user beside the partner.
        reading: a POST that changes nothing.
        hidden: values in the body that must not be written down.
        quiet: a refusal is no news: there is another way, or the fact is only worth having.
    """

    method: str
    path: str
    params: Pairs = ()
    json: Json | None = None
    user: bool = True
    reading: bool = False
    hidden: tuple[str, ...] = ()
    quiet: bool = False

    @property
    def writing(self) -> bool:
        return self.method != "GET" and not self.reading

    def encoded(self) -> bytes | None:
        return None if self.json is None else msgspec.json.encode(self.json)


def pairs_of(**given: object) -> list[tuple[str, str]]:
    """Query parameters; what is None is left out, of a list each value (`service_ids[]`)."""
    return list(_pairs(given))


def _pairs(given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, value in given.items():
        if isinstance(value, list | tuple):
            yield from ((f"{name}[]", str(item)) for item in value)
        elif value is not None:
            yield name, str(value)
