"""One table: what Avito answered → what it means for us.

A refusal is `{"error": {"code", "message"}}`; the token endpoint has `error_description`.
The messenger is a part of a paid tariff: without it everything answers 402 or 403.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from kommutator.connectors.refusing import body_of, pause_of, silence
from kommutator.domain.refusal import Judgement, Refusal
from kommutator.kit.describe import cut
from kommutator.kit.errors import ErrorKind
from kommutator.kit.http import Answer, WireError
from kommutator.kit.plain_json import as_map, as_text

_LONGEST_PAUSE_S = 3600.0


class AvitoError(Refusal):
    """Avito said no, or said nothing."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `words` are looked for in the message."""

    status: int
    words: re.Pattern[str]
    kind: ErrorKind
    hint: str


def _row(status: int, words: str, kind: ErrorKind, hint: str) -> Row:
    return Row(status, re.compile(words, re.IGNORECASE), kind, hint)


ROWS: Final[tuple[Row, ...]] = (
    _row(400, "invalid_client|unauthorized_client", ErrorKind.ACCESS_REVOKED, "avito_keys_refused"),
    _row(400, "", ErrorKind.REJECTED, "avito_refused"),
    _row(401, "invalid_client|unauthorized_client", ErrorKind.ACCESS_REVOKED, "avito_keys_refused"),
    _row(401, "", ErrorKind.TOKEN_STALE, "avito_token_refused"),
    _row(402, "", ErrorKind.ACCESS_REVOKED, "avito_plan"),
    _row(403, "block|заблок", ErrorKind.REJECTED, "chat_blocked"),
    _row(403, "", ErrorKind.ACCESS_REVOKED, "avito_plan"),
    _row(404, "", ErrorKind.REJECTED, "chat_gone"),
    _row(413, "", ErrorKind.REJECTED, "avito_refused"),
    _row(422, "", ErrorKind.REJECTED, "avito_refused"),
    _row(429, "", ErrorKind.RATE_LIMITED, "avito_too_fast"),
)
_UNDECIDED_FROM: Final = 500


def judge(answer: Answer, *, writing: bool) -> tuple[Judgement | None, Any]:
    """What an answer means (None: done), and what it said.

    Args:
        writing: a lost or garbled answer to a message leaves us unsure; to a read it costs nothing.
    """
    body = body_of(answer)
    if 200 <= answer.status < 300:  # noqa: PLR2004  any 2xx
        if body is not None:
            return None, body
        kind = ErrorKind.UNSURE if writing else ErrorKind.TRANSIENT
        return Judgement(kind, "an answer that is not JSON", "avito_down"), None
    message = cut(_words(as_map(body)) or f"HTTP {answer.status}", 500)
    row = next((r for r in ROWS if r.status == answer.status and r.words.search(message)), None)
    if row is None or (body is None and row.kind is ErrorKind.ACCESS_REVOKED):
        undecided = writing and answer.status >= _UNDECIDED_FROM
        kind = ErrorKind.UNSURE if undecided else ErrorKind.TRANSIENT
        return Judgement(kind, message, "avito_down"), None
    return Judgement(row.kind, message, row.hint, pause_of(answer, _LONGEST_PAUSE_S)), None


_WIRE_HINTS: Final = {
    "address_refused": "avito_address_refused",
    "insecure_url": "avito_address_refused",
}


def judge_silence(error: WireError, *, writing: bool) -> Judgement:
    """What it means that no usable answer came."""
    return silence(error, _WIRE_HINTS, writing=writing, otherwise="avito_down")


def _words(body: dict[str, Any]) -> str:
    error = body.get("error")
    told = [error] if isinstance(error, str) else [as_map(error).get("message")]
    told += [
        body.get("error_description"),
        body.get("message"),
        as_map(body.get("result")).get("message"),
    ]
    return ": ".join(text for one in told if (text := as_text(one)))
