"""Sentences of the assistant: the tenant's own first, several wordings of one thought in turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from kommutator.kit.texts import Texts

_BETWEEN = " | "


@dataclass(frozen=True, slots=True)
class Words:
    """In one language, for one turn.

    Attributes:
        own: the tenant's texts, by slug or by slug and language.
        seed: chooses among wordings; the same turn is always worded the same.
    """

    texts: Texts
    language: str
    seed: str = ""
    own: Mapping[str, str] = field(default_factory=dict)

    def say(self, slug: str, /, **params: Any) -> str:
        """One of the wordings, its places filled; one that cannot be filled is said as it is.

        Wordings stand in one text, divided by " | ".
        """
        text = self.own.get(f"{slug}.{self.language}") or self.own.get(slug)
        wordings = (text or self.texts.translate(self.language, slug)).split(_BETWEEN)
        # Not `hash`: it differs from process to process.
        wording = wordings[crc32(f"{slug}:{self.seed}".encode()) % len(wordings)]
        try:
            return wording.format_map(params)
        except (KeyError, IndexError, ValueError, AttributeError):
            return wording
