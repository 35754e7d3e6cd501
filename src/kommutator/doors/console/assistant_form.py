"""From the assistant's forms to its settings. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from starlette.datastructures import FormData

from kommutator.domain.assistant.settings import Aliases, AssistantSettings
from kommutator.kit.given import by_comma

_MOST_ALIASES = 30


def general(sent: FormData, kept: AssistantSettings, salons: Collection[str]) -> dict[str, Any]:
    """Settings as they are stored; what the form does not hold stays as it was.

    `salons`: those that the form shows, by id.
    """
    given = as_given(kept)
    there = {id_: on for id_, on in kept.salons.items() if id_ not in salons}
    for id_ in salons:
        if sent.get(f"salon-{id_}") in ("on", "off"):
            there[id_] = sent.get(f"salon-{id_}") == "on"
    return given | {
        "on": sent.get("on") == "1",
        "salons": there,
        "pause_hours": number(sent.get("pause_hours")),
        "debounce": {
            "quiet_s": number(sent.get("quiet_s")),
            "longest_s": number(sent.get("longest_s")),
        },
    }


def aliases(
    sent: FormData, kept: AssistantSettings, services: Collection[int], staff: Collection[int]
) -> dict[str, Any]:
    """The same with the names that the form holds of these services and employees."""
    names = {
        "services": _names(sent, "service", kept.aliases.services, services),
        "staff": _names(sent, "staff", kept.aliases.staff, staff),
    }
    return as_given(kept) | {"aliases": names}


def with_aliases(kept: AssistantSettings, given: Mapping[str, Any]) -> AssistantSettings:
    """For a trial, before anything is saved."""
    return msgspec.structs.replace(kept, aliases=msgspec.convert(given["aliases"], Aliases))


def text(kept: AssistantSettings, key: str, words: str) -> dict[str, Any]:
    """The same with these own words; "": the catalog's again."""
    texts = {name: one for name, one in kept.texts.items() if name != key}
    if words.strip():
        texts[key] = words.replace("\r\n", "\n").strip()
    return as_given(kept) | {"texts": texts}


def as_given(kept: AssistantSettings) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(kept)
    return found


def number(text: Any) -> float | int | str:
    """What is no number stays as it is written: the settings name the field that they refuse."""
    plain = str(text or "").strip().replace(",", ".")
    try:
        found = float(plain)
    except ValueError:
        return plain
    return int(found) if found.is_integer() else found


def _names(
    sent: FormData, prefix: str, kept: Mapping[str, tuple[str, ...]], ids: Collection[int]
) -> dict[str, list[str]]:
    names = {id_: list(some) for id_, some in kept.items()}
    for id_ in map(str, ids):
        written = by_comma(str(sent.get(f"{prefix}-{id_}") or ""))
        some = [" ".join(one.split())[:100] for one in written][:_MOST_ALIASES]
        names.pop(id_, None)
        if some:
            names[id_] = some
    return names
