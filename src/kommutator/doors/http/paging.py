"""Lists come in pages; a cursor says where the next one begins."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from fastapi import Query
from pydantic import BaseModel, Field

from kommutator.kit.errors import InvalidInput
from kommutator.kit.given import on_calendar

T = TypeVar("T")
R = TypeVar("R")

Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
Cursor = Annotated[
    str | None,
    Query(max_length=400, description="`next_cursor` of the page before; opaque."),
]
BIGGEST_ID = 2**63 - 1


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    next_cursor: str | None = Field(None, description="Ask with it for the next page; null: end.")


def page_of(
    rows: Sequence[R], limit: int, show: Callable[[R], T], place: Callable[[R], Sequence[Any]]
) -> Page[T]:
    """Make a page of `limit` items from one row more than that.

    `place` gives the values after which the next page begins.
    """
    more = len(rows) > limit
    shown = rows[:limit]
    cursor = _encode(place(shown[-1])) if more and shown else None
    return Page(items=[show(row) for row in shown], next_cursor=cursor)


def read_cursor(cursor: str | None, shape: type[T]) -> T | None:
    """The place that a cursor names, checked against its `shape`, e.g. `tuple[int]`.

    Raises:
        InvalidInput: `cursor_invalid`.
    """
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        place = msgspec.json.decode(raw, type=shape)
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        raise InvalidInput("cursor_invalid") from None
    if any(isinstance(part, int) and abs(part) > BIGGEST_ID for part in _parts(place)):
        raise InvalidInput("cursor_invalid")
    if any(isinstance(part, str) and "\x00" in part for part in _parts(place)):
        raise InvalidInput("cursor_invalid")
    if not all(_is_moment(part) for part in _parts(place) if isinstance(part, datetime)):
        raise InvalidInput("cursor_invalid")
    return place


def _is_moment(at: datetime) -> bool:
    try:
        on_calendar(at)
    except ValueError:
        return False
    return True


def _parts(place: Any) -> Sequence[Any]:
    return place if isinstance(place, tuple) else (place,)


def _encode(place: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(tuple(place))).decode()
