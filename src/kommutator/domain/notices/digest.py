"""What happened in quiet hours, in as few messages as the messenger allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_APART = "\n\n"


@dataclass(frozen=True, slots=True)
class Held:
    """A notice that waits for the end of quiet hours. `id`: its row."""

    id: int
    text: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """One message, and which notices are in it."""

    ids: tuple[int, ...]
    text: str


def bundled(held: Sequence[Held], head: str, longest: int) -> list[Bundle]:
    """In order; a notice is never torn apart unless it alone is longer than a message.

    A single one goes as it is, without the head.
    """
    if len(held) == 1:
        return [Bundle((held[0].id,), held[0].text)]
    bundles: list[Bundle] = []
    ids: list[int] = []
    text = head
    for one in held:
        grown = f"{text}{_APART}{one.text}" if text else one.text
        if ids and len(grown) > longest:
            bundles.append(Bundle(tuple(ids), text))
            ids, grown = [], one.text
        ids.append(one.id)
        text = grown
    if ids:
        bundles.append(Bundle(tuple(ids), text))
    return bundles
