"""What a foreign service need not know: numbers, addresses and names become stable tokens. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# A date is no phone, though it has as many digits.
_DATE: Final = re.compile(
    r"(?<![\d.])(?:0?[1-9]|[12]\d|3[01])[./](?:0?[1-9]|1[0-2])(?:[./](?:20)?\d\d)?(?![\d.]*\d)"
    r"|(?<!\d)20\d\d-\d\d-\d\d(?!\d)"
)
_NUMBER: Final = re.compile(r"\+?\d(?:[\s().\u00a0\u2010-\u2015_*/-]{0,3}\d){6,}")
_TOKEN: Final = re.compile(r"\[(?:phone|email|name)\d+\]")
_SHORTEST_NAME: Final = 2


class Mask:
    """Of one turn: the same text is always the same token.

    Args:
        names: to be hidden, as the client is called.
        numbers: hide phones, e-mails and everything of seven digits and more.
    """

    def __init__(self, names: Iterable[str] = (), *, numbers: bool = True) -> None:
        parts = {part for name in names for part in name.split() if len(part) >= _SHORTEST_NAME}
        longest = sorted(map(re.escape, parts), key=len, reverse=True)
        # Cases of a name differ in its last letters.
        whole = rf"\b(?:{'|'.join(longest)})\b"
        self._names = re.compile(whole, re.IGNORECASE) if parts else None
        self._numbers = numbers
        self._tokens: dict[tuple[str, str], str] = {}

    def hide(self, text: str) -> str:
        """The text with tokens instead."""
        if self._numbers:
            text = _EMAIL.sub(self._token("email"), text)
            text = _around_dates(text, self._token("phone"))
        if self._names is not None:
            text = self._names.sub(self._token("name"), text)
        return text

    def hide_in(self, value: Any) -> Any:
        """The same structure, each text hidden."""
        if isinstance(value, str):
            return self.hide(value)
        if isinstance(value, dict):
            return {key: self.hide_in(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.hide_in(one) for one in value]
        return value

    def restore(self, text: str) -> str:
        """What the tokens stand for; one that was never given out stays as it is."""
        known = {token: original for (_, original), token in self._tokens.items()}
        return _TOKEN.sub(lambda found: known.get(found[0], found[0]), text)

    def _token(self, kind: str) -> Callable[[re.Match[str]], str]:
        def token(found: re.Match[str]) -> str:
            key = kind, found[0]
            count = sum(1 for held, _ in self._tokens if held == kind)
            return self._tokens.setdefault(key, f"[{kind}{count + 1}]")

        return token


def _around_dates(text: str, token: Callable[[re.Match[str]], str]) -> str:
    hidden, at = [], 0
    for date in _DATE.finditer(text):
        hidden += [_NUMBER.sub(token, text[at : date.start()]), date[0]]
        at = date.end()
    return "".join([*hidden, _NUMBER.sub(token, text[at:])])
