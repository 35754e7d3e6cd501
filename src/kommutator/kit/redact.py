"""Nothing secret in what we write down: logs, attempts, error bodies.

Three nets, one behind the other: keys with a telling name lose their value; URL queries lose
telling parameters and logins; every value registered as a secret is struck out wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

MASK = "***"
LIMIT = 2048
"""Most characters kept of one text."""
_SHORTEST_SECRET = 6
_DEEPEST = 12
_MOST_ITEMS = 100

_TELLING = re.compile(
    r"pass(word|wd|phrase)?$|^pass|secret|token|api[_-]?key|authori[sz]ation|cookie|csrf"
    r"|credential|signature|client[_-]?id$|master[_-]?key|private[_-]?key|^pin$|database[_-]?url",
    re.IGNORECASE,
)
_WORD = re.compile(rf"[A-Za-z0-9_-]{{{_SHORTEST_SECRET},}}")
_QUERY = re.compile(
    r"(?P<name>[?&;](?:[^=&#\s\"']*(?:pass|secret|token|key|client_?id|signature|auth|csrf)"
    r"[^=&#\s\"']*)=)[^&#\s\"']+",
    re.IGNORECASE,
)
_LOGIN = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/\s@\"']+@", re.IGNORECASE)
_BEARER = re.compile(r"\b(?P<scheme>Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE)
_OWN_KEY = re.compile(r"\bkmt_[A-Za-z0-9_-]{8,}")


class Redactor:
    """Strikes secrets out of texts and structures. Shared by all rooms of one process.

    Most secrets are one word, found by looking pieces of each word up: the cost does not grow with
    the number of tenants. The few with punctuation inside are searched for.
    """

    def __init__(self) -> None:
        self._words: set[str] = set()
        self._lengths: tuple[int, ...] = ()  # of the words, longest first
        self._phrases: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def register(self, *secrets: str) -> None:
        """Strike these values wherever they appear; very short ones would strike common words."""
        for secret in secrets:
            if len(secret) < _SHORTEST_SECRET:
                continue
            if _WORD.fullmatch(secret):
                self._words.add(secret)
                self._lengths = tuple(sorted({*self._lengths, len(secret)}, reverse=True))
            elif secret not in self._phrases:
                self._phrases.add(secret)
                longest_first = sorted(self._phrases, key=len, reverse=True)
                self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def text(self, value: str, *, limit: int = LIMIT) -> str:
        """Struck out, then cut to `limit` characters; the order keeps half secrets out too."""
        if self._pattern is not None:
            value = self._pattern.sub(MASK, value)
        if self._words:
            value = _WORD.sub(self._word, value)
        value = _LOGIN.sub(rf"\g<scheme>{MASK}@", value)
        value = _QUERY.sub(rf"\g<name>{MASK}", value)
        value = _BEARER.sub(rf"\g<scheme> {MASK}", value)
        value = _OWN_KEY.sub(f"kmt_{MASK}", value)
        return value if len(value) <= limit else f"{value[:limit]}… ({len(value)} characters)"

    def value(self, value: Any, *, limit: int = LIMIT) -> Any:
        """The same structure with nothing secret in it, every text cut."""
        return self._walk(value, limit, _DEEPEST)

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Names stay, telling values go."""
        return {
            name: MASK if is_telling(name) else self.text(value) for name, value in headers.items()
        }

    def _word(self, found: re.Match[str]) -> str:
        """Secrets often stand glued to other letters; windows of their lengths find them."""
        word, kept, at = found[0], [], 0
        while at < len(word):
            length = next((n for n in self._lengths if word[at : at + n] in self._words), 0)
            kept.append(MASK if length else word[at])
            at += length or 1
        return "".join(kept)

    def _walk(self, value: Any, limit: int, depth: int) -> Any:
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if isinstance(value, (bytes, bytearray)):
            value = bytes(value).decode("utf-8", "replace")
        if isinstance(value, str) or depth == 0:
            return self.text(value, limit=limit) if isinstance(value, str) else "…"
        if isinstance(value, Mapping):
            return self._mapping(value, limit, depth - 1)
        if isinstance(value, (Sequence, set, frozenset)):
            return [self._walk(item, limit, depth - 1) for item in list(value)[:_MOST_ITEMS]]
        return self.text(str(value), limit=limit)

    def _mapping(self, value: Mapping[Any, Any], limit: int, depth: int) -> dict[str, Any]:
        kept = list(value.items())[:_MOST_ITEMS]
        return {
            self.text(str(key), limit=limit): MASK
            if is_telling(str(key)) and item not in (None, "", MASK)
            else self._walk(item, limit, depth)
            for key, item in kept
        }


def is_telling(name: str) -> bool:
    """Whether a field of this name holds a secret."""
    return _TELLING.search(name) is not None


def mask(secret: str) -> str:
    """For people to recognise a secret: its last four characters if it is long enough."""
    return f"{MASK}{secret[-4:]}" if len(secret) >= 16 else MASK  # noqa: PLR2004  a quarter at most


def processor(redactor: Redactor) -> Any:
    """The last processor of structlog before rendering."""

    def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Any:
        return redactor.value(event, limit=LIMIT * 4 if "exception" in event else LIMIT)

    return redact
