"""One table: what Telegram answered → what it means for us.

Refusals are JSON with `ok: false`, a code and an English sentence; the sentences are those of
the vendor's open server. What no row knows is transient: it is tried again and counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from kommutator.connectors.refusing import map_in, silence
from kommutator.domain.refusal import Judgement, Refusal
from kommutator.kit.describe import cut
from kommutator.kit.errors import ErrorKind
from kommutator.kit.http import Answer, WireError
from kommutator.kit.plain_json import as_map, as_text

_LONGEST_PAUSE_S = 24 * 3600.0


class TelegramError(Refusal):
    """Telegram said no, or said nothing. `moved_to`: the group goes on under this id."""

    def __init__(
        self, kind: ErrorKind, message: str, *, moved_to: str | None = None, **more: Any
    ) -> None:
        super().__init__(kind, message, **more)
        self.moved_to = moved_to


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `words` are looked for in the description."""

    status: int
    words: re.Pattern[str]
    kind: ErrorKind
    hint: str


def _row(status: int, words: str, kind: ErrorKind, hint: str) -> Row:
    return Row(status, re.compile(words, re.IGNORECASE), kind, hint)


ROWS: Final[tuple[Row, ...]] = (
    _row(400, "message is not modified", ErrorKind.ALREADY_DONE, "telegram_same"),
    _row(
        400, "message (?:to edit not found|can't be edited)", ErrorKind.GONE, "telegram_edit_gone"
    ),
    _row(400, "upgraded to a supergroup", ErrorKind.REJECTED, "telegram_moved"),
    _row(400, "chat not found|PEER_ID_INVALID|user not found", ErrorKind.REJECTED, "chat_gone"),
    _row(400, "not enough rights|have no rights", ErrorKind.REJECTED, "telegram_rights"),
    _row(400, "bad webhook|https url", ErrorKind.REJECTED, "telegram_webhook_refused"),
    _row(400, "", ErrorKind.REJECTED, "telegram_refused"),
    _row(401, "", ErrorKind.ACCESS_REVOKED, "telegram_token_refused"),
    _row(403, "", ErrorKind.REJECTED, "chat_blocked"),
    _row(404, "", ErrorKind.ACCESS_REVOKED, "telegram_token_refused"),
    _row(409, "", ErrorKind.REJECTED, "telegram_two_readers"),
    _row(413, "", ErrorKind.REJECTED, "telegram_refused"),
    _row(429, "", ErrorKind.RATE_LIMITED, "telegram_too_fast"),
)
_UNDECIDED_FROM: Final = 500  # a crash or a gateway's silence: the message may be there


def judge(answer: Answer, *, writing: bool) -> tuple[Judgement | None, Any, str | None]:
    """What an answer means: the judgement (None: done), the result, and where the group moved.

    Args:
        writing: a lost or garbled answer to a message leaves us unsure; to a read it costs nothing.
    """
    body = map_in(answer)
    if body is None or not isinstance(body.get("ok"), bool):
        return _page(answer, writing=writing), None, None
    if body["ok"] and answer.status < 300:  # noqa: PLR2004  any 2xx
        return None, body.get("result"), None
    told = as_map(body.get("parameters"))
    code = body.get("error_code")
    status = code if isinstance(code, int) else answer.status
    words = as_text(body.get("description")) or f"HTTP {answer.status}"
    message = cut(words, 500)
    moved_to = as_text(told.get("migrate_to_chat_id"))
    row = next((r for r in ROWS if r.status == status and r.words.search(words)), None)
    if row is None:
        kind = ErrorKind.UNSURE if writing and status >= _UNDECIDED_FROM else ErrorKind.TRANSIENT
        return Judgement(kind, message, "telegram_down"), None, moved_to
    return Judgement(row.kind, message, row.hint, _pause(told.get("retry_after"))), None, moved_to


def _page(answer: Answer, *, writing: bool) -> Judgement:
    """Something that is not the Bot API spoke: a gateway, a proxy, a block page."""
    status, message = answer.status, f"HTTP {answer.status} without the Bot API's JSON"
    if status == 429:  # noqa: PLR2004  too many requests
        return Judgement(ErrorKind.RATE_LIMITED, message, "telegram_too_fast")
    undecided = writing and (status < 300 or status >= _UNDECIDED_FROM)  # noqa: PLR2004  2xx, 5xx
    return Judgement(
        ErrorKind.UNSURE if undecided else ErrorKind.TRANSIENT, message, "telegram_down"
    )


_WIRE_HINTS: Final = {
    "address_refused": "telegram_address_refused",
    "insecure_url": "telegram_address_refused",
}


def judge_silence(error: WireError, *, writing: bool) -> Judgement:
    """What it means that no usable answer came."""
    return silence(error, _WIRE_HINTS, writing=writing, otherwise="telegram_unreachable")


def _pause(seconds: object) -> float | None:
    usable = isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds > 0
    return min(float(seconds), _LONGEST_PAUSE_S) if usable else None  # type: ignore[arg-type]  # checked above
