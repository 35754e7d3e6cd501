"""Numbers that people paste or upload: one a line, or a table with a head. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kommutator.kit.errors import InvalidInput
from kommutator.kit.phones import to_e164
from kommutator.kit.zones import is_zone

MOST_LINES: Final = 20_000
MOST_BYTES: Final = 4_000_000
_MOST_SHOWN: Final = 20
_MOST_NAME: Final = 200
_HEADS: Final = {
    "phone": ("phone", "telephone", "number", "телефон", "номер"),
    "name": ("name", "client", "имя", "клиент", "фио", "ім'я", "клієнт", "піб"),
    "lead_id": ("lead_id", "lead", "id сделки", "сделка", "угода"),
    "time_zone": ("time_zone", "timezone", "zone", "часовой пояс", "часовий пояс"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A number to be called. `phone` is E.164; `lead_id` is the CRM's."""

    phone: str
    name: str | None = None
    lead_id: int | None = None
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class Pasted:
    """What was found. `odd`: lines that hold no number, the first few of them, and how many."""

    wanted: Sequence[Wanted]
    odd: Sequence[str] = ()
    odd_count: int = 0


def read_numbers(text: str, region: str) -> Pasted:
    """Read a list or a CSV table (comma, semicolon or tab), whose first line may name columns.

    Without a head the first column is the number, the second the name. One number counts once.

    Args:
        region: ISO 3166 country whose national numbers may be written.

    Raises:
        InvalidInput: `campaign_list_too_long`, `campaign_list_invalid`.
    """
    if len(text) > MOST_BYTES or text.count("\n") > MOST_LINES:
        raise InvalidInput("campaign_list_too_long", most=MOST_LINES)
    rows = _rows(text.lstrip("\ufeff"))
    columns = _columns(rows[0]) if rows else None
    body = rows[1:] if columns else rows
    found: dict[str, Wanted] = {}
    odd: list[str] = []
    for row in body:
        wanted = _wanted(row, columns or {"phone": 0, "name": 1}, region)
        if wanted is None:
            odd.append(" ".join(row)[:60])
        else:
            found.setdefault(wanted.phone, wanted)
    return Pasted(tuple(found.values()), tuple(odd[:_MOST_SHOWN]), len(odd))


def _rows(text: str) -> list[list[str]]:
    head = text.partition("\n")[0]
    delimiter = max(";\t,", key=head.count)
    lines = [line for line in text.replace("\x00", "").splitlines() if line.strip()]
    try:
        table = _table(lines, delimiter, quotes=True)
    except csv.Error:  # a quote that never closes would swallow all numbers after it
        try:
            table = _table(lines, delimiter, quotes=False)
        except csv.Error:
            raise InvalidInput("campaign_list_invalid") from None
    return [[cell.strip() for cell in row] for row in table if any(row)]


def _table(lines: Sequence[str], delimiter: str, *, quotes: bool) -> list[list[str]]:
    text = io.StringIO("\n".join(lines))
    if quotes:
        return list(csv.reader(text, delimiter=delimiter, strict=True))
    return list(csv.reader(text, delimiter=delimiter, quoting=csv.QUOTE_NONE, strict=True))


def _columns(head: Sequence[str]) -> dict[str, int] | None:
    names = [cell.lower() for cell in head]
    found = {
        field: names.index(alias)
        for field, aliases in _HEADS.items()
        for alias in reversed(aliases)
        if alias in names
    }
    return found if "phone" in found else None


def _wanted(row: Sequence[str], columns: dict[str, int], region: str) -> Wanted | None:
    def cell(name: str) -> str:
        at = columns.get(name, len(row))
        return row[at] if at < len(row) else ""

    phone = to_e164(cell("phone"), region)
    if phone is None:
        return None
    lead, zone = cell("lead_id"), cell("time_zone")
    own = lead.isascii() and lead.isdigit() and len(lead) < 19  # noqa: PLR2004  bigint
    return Wanted(
        phone,
        "".join(c for c in cell("name") if c.isprintable())[:_MOST_NAME] or None,
        int(lead) if own else None,
        zone if is_zone(zone) else None,
    )
