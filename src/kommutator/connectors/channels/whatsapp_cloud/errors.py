"""One table: what the Graph API answered → what it means for us.

A refusal is `{"error": {"message", "code", "error_subcode", "error_data": {"details"}}}`. Codes
count, not statuses nor titles: those change (source: "Error codes" of the Business Platform).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from kommutator.connectors.refusing import map_in, pause_of, silence
from kommutator.domain.refusal import Judgement, Refusal
from kommutator.kit.describe import cut
from kommutator.kit.errors import ErrorKind
from kommutator.kit.http import Answer, WireError
from kommutator.kit.plain_json import as_map, as_text

PAIR_LIMIT: Final = 131056
_LONGEST_PAUSE_S: Final = 3600.0
_UNDECIDED_FROM: Final = 500
_ANY: Final = re.compile("")


class CloudError(Refusal):
    """Meta said no, or said nothing. `code`: its own of the refusal."""

    def __init__(
        self, kind: ErrorKind, message: str, *, code: int | None = None, **more: Any
    ) -> None:
        super().__init__(kind, message, **more)
        self.code = code


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `words` are looked for in the message, `subcode` must be the same."""

    codes: frozenset[int]
    kind: ErrorKind
    hint: str
    words: re.Pattern[str] = _ANY
    subcode: int | None = None


def _row(
    codes: Iterable[int], kind: ErrorKind, hint: str, words: str = "", subcode: int | None = None
) -> Row:
    pattern = re.compile(words, re.IGNORECASE)
    return Row(frozenset(codes), kind, hint, pattern, subcode)


ROWS: Final[tuple[Row, ...]] = (
    _row([100], ErrorKind.REJECTED, "whatsapp_cloud_app_secret", "appsecret_proof"),
    _row([100], ErrorKind.REJECTED, "whatsapp_cloud_unknown_id", subcode=33),
    _row([33], ErrorKind.ACCESS_REVOKED, "whatsapp_cloud_not_registered"),
    _row([0, 102, 190], ErrorKind.ACCESS_REVOKED, "whatsapp_cloud_token_refused"),
    _row([3, 10, *range(200, 300), 131005], ErrorKind.ACCESS_REVOKED, "whatsapp_cloud_rights"),
    _row([368, 131031], ErrorKind.ACCESS_REVOKED, "whatsapp_cloud_locked"),
    _row([131045, 133006, 133010], ErrorKind.ACCESS_REVOKED, "whatsapp_cloud_not_registered"),
    _row([4, 17, 80007, 130429, PAIR_LIMIT, 133016],
         ErrorKind.RATE_LIMITED, "whatsapp_cloud_too_fast"),
    _row([131048], ErrorKind.REJECTED, "whatsapp_cloud_spam"),
    _row([131047], ErrorKind.REJECTED, "whatsapp_cloud_window"),
    _row([131026, 131021, 131030], ErrorKind.REJECTED, "whatsapp_cloud_undeliverable"),
    _row([130472, 131049, 131050], ErrorKind.REJECTED, "whatsapp_cloud_marketing"),
    _row([130497], ErrorKind.REJECTED, "whatsapp_cloud_country"),
    _row([131042], ErrorKind.REJECTED, "whatsapp_cloud_payment"),
    _row([132015, 132016], ErrorKind.REJECTED, "whatsapp_cloud_template_paused"),
    _row([132000, 132001, 132005, 132007, 132012, 132018, 132068, 132069],
         ErrorKind.REJECTED, "whatsapp_cloud_template"),
    _row([2200], ErrorKind.REJECTED, "whatsapp_cloud_webhook_refused"),
    _row([100, 131008, 131009, 131051, 131052, 131053, 135000],
         ErrorKind.REJECTED, "whatsapp_cloud_refused"),
    # Whatever broke over there, it says that the message was not sent.
    _row([131000, 131016, 131057, 133004], ErrorKind.TRANSIENT, "whatsapp_cloud_down"),
)  # fmt: skip


def judge(answer: Answer, *, writing: bool) -> tuple[Judgement | None, dict[str, Any], int | None]:
    """What an answer means: the judgement (None: done), what it said, and the code of a refusal.

    Args:
        writing: a lost or garbled answer to a message leaves us unsure; to a read it costs nothing.
    """
    body = map_in(answer)
    error = as_map(as_map(body).get("error"))
    if body is not None and not error and 200 <= answer.status < 300:  # noqa: PLR2004  any 2xx
        return None, body, None
    code, message = error.get("code"), _words(error) or f"HTTP {answer.status}"
    code = code if isinstance(code, int) and not isinstance(code, bool) else None
    row = row_of(code, message, error.get("error_subcode"))
    if row is None:
        return _unknown(answer.status, message, writing=writing), {}, code
    pause = pause_of(answer, _LONGEST_PAUSE_S) if row.kind is ErrorKind.RATE_LIMITED else None
    return Judgement(row.kind, message, row.hint, pause), {}, code


def row_of(code: int | None, message: str, subcode: object = None) -> Row | None:
    for row in ROWS:
        fits = row.subcode is None or row.subcode == subcode
        if code in row.codes and fits and row.words.search(message):
            return row
    return None


def _unknown(status: int, message: str, *, writing: bool) -> Judgement:
    """A crash, a gateway, or a code that is new: the first may have taken the message."""
    if status == 429:  # noqa: PLR2004  too many requests
        return Judgement(ErrorKind.RATE_LIMITED, message, "whatsapp_cloud_too_fast")
    undecided = writing and (status < 300 or status >= _UNDECIDED_FROM)  # noqa: PLR2004  2xx, 5xx
    kind = ErrorKind.UNSURE if undecided else ErrorKind.TRANSIENT
    return Judgement(kind, message, "whatsapp_cloud_down")


_WIRE_HINTS: Final = {
    "address_refused": "whatsapp_cloud_address_refused",
    "insecure_url": "whatsapp_cloud_address_refused",
}


def judge_silence(error: WireError, *, writing: bool) -> Judgement:
    """What it means that no usable answer came."""
    return silence(error, _WIRE_HINTS, writing=writing, otherwise="whatsapp_cloud_down")


def _words(error: dict[str, Any]) -> str:
    details = as_text(as_map(error.get("error_data")).get("details"))
    told = [as_text(error.get("message")), details]
    return cut(": ".join(text for text in told if text), 500)
