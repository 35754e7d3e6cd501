"""Tables as files that spreadsheets open: CSV, streamed, and harmless when opened.

Excel takes a byte order mark for UTF-8 and, where commas are decimal points (ru, uk), the
semicolon for the separator. A cell that begins like a formula would be run by the reader's
program, so an apostrophe is put before it; phone numbers in E.164 get one, too, which also keeps
spreadsheets from rounding them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from fastapi.responses import StreamingResponse

from kommutator.store.views import CallFilter, CallLine, CallViews

if TYPE_CHECKING:
    from kommutator.domain.tenancy import EnterpriseNumber
    from kommutator.store.database import Database

SEPARATORS = {"semicolon": ";", "comma": ","}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_MARK = "\ufeff"
_PAGE = 1000

Row = Sequence[Any]


def cell(value: Any) -> str:
    """A value as text that no spreadsheet takes for a formula. None is empty."""
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return str(value)
    text = str(value).replace("\x00", "")
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def sheet(rows: Iterable[Row], separator: str) -> str:
    """Some lines of a file. `separator` is a name of SEPARATORS."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=SEPARATORS[separator])
    writer.writerows([cell(value) for value in row] for row in rows)
    return buffer.getvalue()


def download(
    head: Row, parts: AsyncIterator[Sequence[Row]], *, name: str, separator: str
) -> StreamingResponse:
    """The answer: `head`, then the `parts` as they come. `name` is the file's, without ending."""

    async def body() -> AsyncIterator[bytes]:
        yield (_MARK + sheet([head], separator)).encode()
        async for rows in parts:
            yield sheet(rows, separator).encode()

    return StreamingResponse(
        body(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


async def at_once(rows: Sequence[Row]) -> AsyncIterator[Sequence[Row]]:
    """A small table as the only part."""
    yield rows


async def calls(
    db: Database,
    enterprise: EnterpriseNumber,
    wanted: CallFilter,
    show: Callable[[CallLine], Row],
) -> AsyncIterator[Sequence[Row]]:
    """Calls, newest first, a page at a time.

    Between the pages no connection is held: whoever downloads slowly keeps nobody waiting.
    """
    before = None
    while True:
        async with db.unit() as unit:
            lines = await CallViews(unit.connection).page(
                enterprise, wanted, before=before, limit=_PAGE
            )
        if lines:
            yield [show(line) for line in lines]
        if len(lines) < _PAGE:
            return
        before = (lines[-1].started_at, lines[-1].id)
