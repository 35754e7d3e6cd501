"""Sentences for people, from gettext catalogs. English code, Russian source, three languages.

A msgid is a slug ("page.calls.title"), so a reworded sentence never orphans its translations.
A compiled `messages.mo` is used where it is at least as new as its source; else the `.po` is
compiled in memory, so a fresh checkout speaks without a build.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from kommutator.kit.errors import UserError

LOCALES = ("ru", "uk", "en")
DEFAULT_LOCALE = "ru"
FOLDER = Path(__file__).parent.parent / "locale"
_DOMAIN = "messages"


@dataclass(frozen=True, slots=True)
class ErrorText:
    """What happened, and the one action that repairs it."""

    message: str
    action: str


class Texts:
    """All catalogs, loaded once at start; immutable and shared by every request."""

    def __init__(self, catalogs: Mapping[str, gettext.NullTranslations]) -> None:
        self._catalogs = dict(catalogs)

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Texts:
        """Read every language.

        Raises:
            FileNotFoundError: a language has neither `.mo` nor `.po`.
        """
        return cls({locale: _catalog(folder, locale) for locale in LOCALES})

    def translate(self, locale: str, msgid: str, /, **params: Any) -> str:
        """The sentence, with `{name}` places filled; `n` chooses the plural where there is one.

        An unknown msgid comes back as itself: a page with one raw slug is better than no page.
        """
        catalog = self._catalogs.get(locale) or self._catalogs[DEFAULT_LOCALE]
        text = _look_up(catalog, msgid, params.get("n"))
        try:
            return text.format_map(params) if params else text
        except (KeyError, IndexError, ValueError):
            return text

    def has(self, locale: str, msgid: str) -> bool:
        """Whether this language has the sentence."""
        catalog = self._catalogs.get(locale)
        return catalog is not None and _look_up(catalog, msgid, None) != msgid

    def first(self, locale: str, *msgids: str, **params: Any) -> str:
        """The first msgid that exists; the last one must. For slugs that others invent."""
        known = next((m for m in msgids if self.has(locale, m)), msgids[-1])
        return self.translate(locale, known, **params)

    def error(self, locale: str, error: UserError) -> ErrorText:
        """The two sentences of a person's error."""
        slug = f"error.{error.code}"
        return ErrorText(
            message=self.first(locale, slug, "error.unknown", code=error.code, **error.params),
            action=self.first(
                locale, f"{slug}.action", "error.unknown.action", code=error.code, **error.params
            ),
        )


def choose_locale(*wishes: str | None) -> str:
    """The first wish we speak. A wish is a code ("uk", "en-GB") or an Accept-Language header."""
    for wish in wishes:
        for code in _by_preference(wish or ""):
            if code in LOCALES:
                return code
    return DEFAULT_LOCALE


def _by_preference(header: str) -> list[str]:
    weighed = [_weigh(part) for part in header.split(",") if part.strip()]
    return [code for weight, code in sorted(weighed, key=lambda pair: -pair[0]) if weight > 0]


def _weigh(part: str) -> tuple[float, str]:
    tag, _, rest = part.strip().partition(";")
    try:
        weight = float(rest.strip().removeprefix("q=")) if rest else 1.0
    except ValueError:
        weight = 0.0
    return weight, tag.strip().lower().replace("_", "-").split("-")[0]


def _look_up(catalog: gettext.NullTranslations, msgid: str, n: Any) -> str:
    if isinstance(n, int):
        plural = catalog.ngettext(msgid, msgid, n)
        if plural != msgid:
            return plural
    found = catalog.gettext(msgid)
    return found if found != msgid else catalog.ngettext(msgid, msgid, 1)


def _catalog(folder: Path, locale: str) -> gettext.GNUTranslations:
    source = folder / locale / "LC_MESSAGES" / f"{_DOMAIN}.po"
    compiled = source.with_suffix(".mo")
    file = compiled if compiled.exists() and not _newer(source, compiled) else source
    return _read(file, file.stat().st_mtime_ns, locale)


@lru_cache(maxsize=2 * len(LOCALES))
def _read(file: Path, _changed: int, locale: str) -> gettext.GNUTranslations:
    """Parsed once per process and version of the file: nobody ever changes a catalog."""
    with file.open("rb") as opened:
        if file.suffix == ".mo":
            return gettext.GNUTranslations(opened)
        buffer = io.BytesIO()
        write_mo(buffer, read_po(opened, locale=locale, domain=_DOMAIN))
    buffer.seek(0)
    return gettext.GNUTranslations(buffer)


def _newer(source: Path, compiled: Path) -> bool:
    return source.exists() and source.stat().st_mtime > compiled.stat().st_mtime
