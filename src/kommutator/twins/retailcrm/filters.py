"""Makers of list filters: from the value sent to a test of one row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kommutator.twins.retailcrm.checks import DATE, DATETIME, is_moment
from kommutator.twins.retailcrm.paging import Test
from kommutator.twins.retailcrm.phones import looks_like_phone, phone_in
from kommutator.twins.retailcrm.phpform import as_bool, as_list
from kommutator.twins.retailcrm.replies import NOT_A_CHOICE, NOT_VALID, input_error

Json = dict[str, Any]
Maker = Callable[[Any], Test]


def one_of(field: str) -> Maker:
    """`filter[ids][]=1&filter[ids][]=2`."""

    def make(value: Any) -> Test:
        wanted = set(as_list(value))
        return lambda row: str(row.get(field)) in wanted

    return make


def flag(name: str, field: str | None = None) -> Maker:
    """`filter[active]=1`."""

    def make(value: Any) -> Test:
        wanted = as_bool(name, value)
        return lambda row: bool(row.get(field or name)) is wanted

    return make


def word(name: str, allowed: frozenset[str]) -> Maker:
    """`filter[status][]=free` over a closed set."""

    def make(value: Any) -> Test:
        wanted = set(as_list(value))
        if not wanted <= allowed:
            raise input_error({name: NOT_A_CHOICE})
        return lambda row: row.get(name) in wanted

    return make


def containing(field: str) -> Maker:
    """Part of a text, whatever the case."""

    def make(value: Any) -> Test:
        wanted = str(value).casefold()
        return lambda row: wanted in str(row.get(field, "")).casefold()

    return make


def local_date(name: str, field: str, *, earliest: bool) -> Maker:
    """`filter[createdAtFrom]=Y-m-d[ H:i:s]`; a bare date reaches to the end of that day."""

    def make(value: Any) -> Test:
        text = str(value)
        if not is_moment(text, DATE, DATETIME):
            raise input_error({f"children[{name}]": NOT_VALID})
        if earliest:
            return lambda row: str(row.get(field, "")) >= text
        end = text if " " in text else f"{text} 23:59:59"
        return lambda row: str(row.get(field, "")) <= end

    return make


def name_or_phone(value: Any) -> Test:
    """The official search by phone: `filter[name]=89229112322` (contract §1.10)."""
    text = str(value).strip()

    def by_phone(row: Json) -> bool:
        return phone_in(text, phones_of(row))

    def by_name(row: Json) -> bool:
        return text.casefold() in full_name(row).casefold()

    return by_phone if looks_like_phone(text) else by_name


def phones_of(row: Json) -> list[str]:
    """Every number of a customer or an order."""
    numbers = [str(p.get("number", "")) for p in row.get("phones") or []]
    return numbers + [str(row[key]) for key in ("phone", "additionalPhone") if row.get(key)]


def full_name(row: Json) -> str:
    """Last name, first name and patronymic as the CRM shows them."""
    parts = (row.get("lastName"), row.get("firstName"), row.get("patronymic"), row.get("nickName"))
    return " ".join(str(part) for part in parts if part)
