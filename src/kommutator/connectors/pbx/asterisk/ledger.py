"""What the PBX's own ledgers, CEL and CDR, have in common: files of comma-separated values."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from kommutator.kit.errors import InvalidInput

Line = Mapping[str, str]
_SHAPES = ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


def lines_of(text: Iterable[str], columns: Sequence[str], mark: str) -> Iterator[Line]:
    """Rows by column names: those of the file's own header, if it has one, else `columns`.

    `mark`: a column that every header names. Raises InvalidInput: `ledger_not_readable`.
    """
    reader = csv.reader(text, doublequote=True)
    names = [name.lower() for name in columns]
    try:
        for number, row in enumerate(reader, start=1):
            if not row:
                continue
            if mark in (lowered := [cell.strip().lower() for cell in row]):
                names = lowered
                continue
            if len(row) < len(names) - _OPTIONAL:
                raise InvalidInput("ledger_not_readable", line=number)
            yield dict(zip(names, row, strict=False))
    except csv.Error as error:
        raise InvalidInput("ledger_not_readable", line=reader.line_num) from error


_OPTIONAL = 4
"""The last columns depend on the PBX's settings."""


def seconds_of(text: str, zone: ZoneInfo) -> float | None:
    """Epoch seconds of "1795261453.450610" or of a date and time in `zone`; None if neither."""
    try:
        return float(text)
    except ValueError:
        pass
    for shape in _SHAPES:
        try:
            return datetime.strptime(text, shape).replace(tzinfo=zone).timestamp()
        except ValueError:
            continue
    return None
