"""What goes out instead of free text where a messenger takes only what it approved."""

from __future__ import annotations

import msgspec


class MessageTemplate(msgspec.Struct, frozen=True):
    """A text that the messenger approved, and what stands in its places 1, 2 and so on."""

    name: str
    language: str
    params: tuple[str, ...] = ()
