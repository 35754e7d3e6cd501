"""Validation of one entity: collects every complaint, then refuses once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from kommutator.twins.retailcrm.replies import BLANK, NOT_A_CHOICE, NOT_VALID, entity_error

Json = dict[str, Any]

DATETIME = "%Y-%m-%d %H:%M:%S"
DATETIME_TO_MINUTE = "%Y-%m-%d %H:%M"
DATE = "%Y-%m-%d"


def is_moment(value: Any, *formats: str) -> bool:
    """Whether the text is a zoneless date-time in one of the formats."""
    for layout in formats:
        try:
            if datetime.strptime(str(value), layout).strftime(layout) == value:  # noqa: DTZ007  naive on purpose
                return True
        except ValueError:
            continue
    return False


class Checks:
    """Complaints about the fields of one JSON entity."""

    def __init__(self, entity: Json) -> None:
        self.entity = entity
        self.errors: dict[str, str] = {}

    def required(self, *names: str) -> None:
        """Fields that must be there and not blank."""
        for name in names:
            if self.entity.get(name) in (None, "", [], {}):
                self.errors.setdefault(name, BLANK)

    def choice(self, name: str, allowed: Collection[Any]) -> None:
        """A field that, if sent, is one of a set."""
        value = self.entity.get(name)
        if value not in (None, "") and (not isinstance(value, str) or value not in allowed):
            self.errors.setdefault(name, NOT_A_CHOICE)

    def moment(self, name: str, *formats: str) -> None:
        """A field that, if sent, is a date-time in one of the formats."""
        value = self.entity.get(name)
        if value not in (None, "") and not is_moment(value, *formats):
            self.errors.setdefault(name, NOT_VALID)

    def whole(self, *names: str) -> None:
        """Fields that, if sent, are whole numbers or digits."""
        for name in names:
            value = self.entity.get(name)
            if value is not None and whole_number(value) is None:
                self.errors.setdefault(name, NOT_VALID)

    def scalars(self, *names: str) -> None:
        """Fields that, if sent, are plain values."""
        for name in names:
            if isinstance(self.entity.get(name), dict | list):
                self.errors.setdefault(name, NOT_VALID)

    def complain(self, name: str, text: str) -> None:
        """Add a complaint; the first about a field stays."""
        self.errors.setdefault(name, text)

    def refuse_if_any(self) -> None:
        """End the checking.

        Raises:
            ApiError: 400 with every complaint.
        """
        if self.errors:
            raise entity_error(self.errors)


def whole_number(value: Any) -> int | None:
    """The number in an int or in digits (SDKs send both); None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        return int(value)
    except ValueError:
        return None
