"""What the token endpoint refuses, told apart by `hint`, the vendor's own sentence.

The sentences are recorded in issues of the official SDK (#83, #123, #235, #269, #315, #563); the
documentation names only 200 and 400.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kommutator.connectors.crm.amocrm.errors import AmoCrmError, judge
from kommutator.kit.describe import cut, mask
from kommutator.kit.errors import ErrorKind
from kommutator.kit.http import Answer
from kommutator.kit.plain_json import as_text, read_json


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `text` is searched for in `hint`, `title` and `detail`."""

    text: re.Pattern[str]
    kind: ErrorKind
    hint: str


def _row(text: str, kind: ErrorKind, hint: str) -> Row:
    return Row(re.compile(text, re.IGNORECASE), kind, hint)


TEXTS: tuple[Row, ...] = (
    _row("authorization code has expired", ErrorKind.REJECTED, "amocrm_code_expired"),
    _row("authorization code has been revoked", ErrorKind.REJECTED, "amocrm_code_used"),
    _row("decrypt the authorization code", ErrorKind.REJECTED, "amocrm_code_garbage"),
    _row("token has been revoked", ErrorKind.ACCESS_REVOKED, "refresh_revoked"),
    _row("token (?:has|is) expired", ErrorKind.ACCESS_REVOKED, "refresh_revoked"),
    _row("decrypt the refresh token", ErrorKind.ACCESS_REVOKED, "refresh_revoked"),
    _row("redirect[ _]?ur[il]", ErrorKind.REJECTED, "amocrm_redirect_wrong"),
    _row(
        "Некорректный клиент|Авторизация клиента|invalid[ _]client|client authentication",
        ErrorKind.ACCESS_REVOKED,
        "amocrm_client_wrong",
    ),
)
STATUSES: Mapping[int, tuple[ErrorKind, str]] = {
    400: (ErrorKind.REJECTED, "amocrm_oauth_refused"),
    401: (ErrorKind.ACCESS_REVOKED, "amocrm_client_wrong"),
    402: (ErrorKind.ACCESS_REVOKED, "amocrm_unpaid"),
    403: (ErrorKind.ACCESS_REVOKED, "amocrm_account_blocked"),
    404: (ErrorKind.TRANSIENT, "amocrm_moved"),
}
"""Where no text is known. 404: nobody lives at this address any more, see `moved_to`."""


def refusal_of(answer: Answer, secrets: Sequence[str]) -> AmoCrmError:
    """The error of an answer that carries no tokens; `secrets` are struck out of its words."""
    body = _decoded(answer)
    if not isinstance(body, dict) or answer.status not in STATUSES:
        if answer.status == 404:  # noqa: PLR2004  a page instead of an account
            return AmoCrmError(
                ErrorKind.TRANSIENT, "HTTP 404 without JSON", status=404, hint="amocrm_moved"
            )
        return _of_api(answer, secrets)
    said = [text for key in ("hint", "title", "detail") if (text := as_text(body.get(key)))]
    row = next((row for row in TEXTS if row.text.search("\n".join(said))), None)
    kind, hint = (row.kind, row.hint) if row is not None else STATUSES[answer.status]
    message = cut(mask(": ".join(said) or f"HTTP {answer.status}", secrets), 500)
    return AmoCrmError(kind, message, status=answer.status, hint=hint)


def _of_api(answer: Answer, secrets: Sequence[str]) -> AmoCrmError:
    """Limits, crashes and gateways are the same here as everywhere."""
    judged = judge(answer, writing=True).judgement
    if judged is None:  # another 2xx than the one that carries tokens
        return AmoCrmError(ErrorKind.UNSURE, f"HTTP {answer.status}", status=answer.status)
    return AmoCrmError(
        judged.kind,
        mask(judged.message, secrets),
        status=answer.status,
        retry_after=judged.retry_after,
        hint=judged.hint,
    )


def _decoded(answer: Answer) -> object:
    try:
        return read_json(answer.body)
    except ValueError:
        return None
