"""The assistant's sentences in a tenant's own words: listed, checked, shown as they would be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kommutator.domain.assistant.own_texts import (
    BETWEEN,
    GROUPS,
    SLUGS,
    checked_text,
    places_of,
    slug_of,
)
from kommutator.kit.errors import InvalidInput
from kommutator.kit.texts import DEFAULT_LOCALE, Texts


@dataclass(frozen=True, slots=True)
class OwnText:
    """One sentence in one language. `own`: "" while the catalog's holds."""

    slug: str
    default: str
    own: str
    places: Sequence[str]


class OwnWords:
    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def all(self, kept: Mapping[str, str], language: str) -> Mapping[str, Sequence[OwnText]]:
        """By what they are about."""
        return {
            group: [self._one(f"assistant.{name}", kept, language) for name in names]
            for group, names in GROUPS.items()
        }

    def checked(self, key: str, text: str) -> str:
        """Raises InvalidInput: as `checked_text`; `assistant_settings_invalid`: no such slug."""
        slug, language = slug_of(key)
        if slug not in SLUGS and not slug.startswith("converse."):
            raise InvalidInput("assistant_settings_invalid", field="texts")
        return checked_text(text, self._default(slug, language or DEFAULT_LOCALE))

    def check(self, kept: Mapping[str, str]) -> None:
        """All of an enterprise's. Raises as `checked`."""
        for key, text in kept.items():
            self.checked(key, text)

    def preview(self, slug: str, language: str, text: str) -> Sequence[str]:
        """Each wording with its places filled by examples. Raises as `checked`."""
        words = self.checked(slug, text or self._default(slug, language))
        example = {
            place: self._texts.translate(language, f"assistant_page.example.{place}.value")
            for place in places_of(words)
        }
        return [one.format_map(example) for one in words.split(BETWEEN)]

    def _one(self, slug: str, kept: Mapping[str, str], language: str) -> OwnText:
        default = self._default(slug, language)
        own = kept.get(f"{slug}.{language}") or kept.get(slug) or ""
        return OwnText(slug, default, own, places_of(default))

    def _default(self, slug: str, language: str) -> str:
        return self._texts.translate(language, slug)
