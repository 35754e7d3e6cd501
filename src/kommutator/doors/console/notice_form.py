"""From the receiver form's fields to wishes, and back. Pure."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from starlette.datastructures import FormData

from kommutator.domain.notices.wishes import Quiet, Wishes
from kommutator.kit.errors import InvalidInput
from kommutator.kit.given import whole

_IDS: Final = ("salons", "staff", "services")


def shown(wishes: Wishes | None, locale: str) -> dict[str, Any]:
    """The form's values; None: a new receiver, with the usual wishes in the visitor's language."""
    if wishes is None:
        wishes = Wishes(language=locale)  # type: ignore[arg-type]  # one of the three
    return {
        "wishes": wishes,
        "quiet": wishes.quiet or Quiet(),
        "is_quiet": wishes.quiet is not None,
    }


def read(sent: FormData) -> dict[str, Any]:
    """Wishes as they are stored. Raises InvalidInput: `notice_wishes_invalid`."""
    quiet = None
    if sent.get("is_quiet") == "1":
        quiet = {"begin": str(sent.get("begin") or ""), "end": str(sent.get("end") or "")}
    return {
        "news": [str(one) for one in sent.getlist("news")],
        **{name: [_number(str(one), name) for one in sent.getlist(name)] for name in _IDS},
        "quiet": quiet,
        "time_zone": str(sent.get("time_zone") or "").strip(),
        "language": str(sent.get("language") or ""),
        "edits": sent.get("edits") == "1",
    }


def chat_of(text: str) -> tuple[UUID, str | None]:
    """`<connection>` or `<connection>/<chat>`. Raises InvalidInput: `notice_wishes_invalid`."""
    connection, _, chat = text.partition("/")
    try:
        return UUID(connection), chat or None
    except ValueError:
        raise InvalidInput("notice_wishes_invalid", field="chat") from None


def _number(text: str, field: str) -> int:
    number = whole(text)
    if number is None:
        raise InvalidInput("notice_wishes_invalid", field=field)
    return number
