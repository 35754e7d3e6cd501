"""The vendor's shapes: tolerant readers, strict writers.

The vendor speaks PHP: an empty map arrives as `[]`, ids as numbers or strings, and fields
without a value are often missing. Readers take all of it and give our own small types; ids
are strings inside the house. Writers emit exactly the documented fields, ids as numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from kommutator.kit.plain_json import as_map, as_text, maps_in, texts_in


def full_name(person: Mapping[str, Any]) -> str | None:
    parts = (as_text(person.get(key)) for key in ("lastName", "firstName", "patronymic"))
    return " ".join(part for part in parts if part) or None


@dataclass(frozen=True, slots=True)
class Page:
    """Where a list stands. A list without pagination is its only page."""

    current: int
    total: int


def read_page(body: Mapping[str, Any]) -> Page:
    numbers = as_map(body.get("pagination"))
    return Page(_count(numbers.get("currentPage")), _count(numbers.get("totalPageCount")))


def _count(value: object) -> int:
    text = as_text(value) or ""
    return int(text) if text.isdecimal() else 1


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a key may do. Old keys have no scopes but a list of paths."""

    scopes: frozenset[str]
    paths: frozenset[str]
    selective: bool
    sites: tuple[str, ...]


def read_credentials(body: Mapping[str, Any]) -> Credentials:
    return Credentials(
        scopes=frozenset(texts_in(body.get("scopes"))),
        paths=frozenset(texts_in(body.get("credentials"))),
        selective=body.get("siteAccess") == "access_selective",
        sites=texts_in(body.get("sitesAvailable")),
    )


@dataclass(frozen=True, slots=True)
class User:
    id: str
    name: str
    email: str | None
    status: str | None
    active: bool


def read_users(body: Mapping[str, Any]) -> list[User]:
    users = []
    for item in maps_in(body.get("users")):
        user_id = as_text(item.get("id"))
        if user_id is None:
            continue
        email = as_text(item.get("email"))
        users.append(
            User(
                id=user_id,
                name=full_name(item) or email or user_id,
                email=email,
                status=as_text(item.get("status")),
                active=item.get("active") is not False,
            )
        )
    return users


@dataclass(frozen=True, slots=True)
class Customer:
    id: str
    name: str | None
    phones: tuple[str, ...]
    manager_id: str | None
    first_name: str | None = None
    last_name: str | None = None


def read_customer(item: Mapping[str, Any]) -> Customer | None:
    customer_id = as_text(item.get("id"))
    if customer_id is None:
        return None
    phones = (as_text(phone.get("number")) for phone in maps_in(item.get("phones")))
    return Customer(
        id=customer_id,
        name=full_name(item),
        phones=tuple(phone for phone in phones if phone),
        manager_id=as_text(item.get("managerId")),
        first_name=as_text(item.get("firstName")),
        last_name=as_text(item.get("lastName")),
    )


def read_customers(body: Mapping[str, Any]) -> list[Customer]:
    found = (read_customer(item) for item in maps_in(body.get("customers")))
    return [customer for customer in found if customer is not None]


@dataclass(frozen=True, slots=True)
class Lookup:
    """Who a number belongs to, by `/telephony/manager`."""

    manager_id: str | None
    manager_code: str | None
    customer: Customer | None
    links: Mapping[str, str]


def read_lookup(body: Mapping[str, Any]) -> Lookup:
    manager = as_map(body.get("manager"))
    links = {name: as_text(url) for name, url in as_map(body.get("links")).items()}
    return Lookup(
        manager_id=as_text(manager.get("id")),
        manager_code=as_text(manager.get("code")),
        customer=read_customer(as_map(body.get("customer"))),
        links={name: url for name, url in links.items() if url},
    )


@dataclass(frozen=True, slots=True)
class Module:
    """An integration module as the CRM holds it; `raw` is what an edit must send back."""

    raw: Mapping[str, Any]
    telephony: Mapping[str, Any]
    codes: Mapping[str, str]
    lines: Mapping[str, str]


def read_module(body: Mapping[str, Any]) -> Module:
    raw = as_map(body.get("integrationModule"))
    telephony = as_map(as_map(raw.get("integrations")).get("telephony"))
    return Module(
        raw=raw,
        telephony=telephony,
        codes=_pairs(telephony.get("additionalCodes"), "userId", "code"),
        lines=_pairs(telephony.get("externalPhones"), "externalPhone", "siteCode"),
    )


def _pairs(value: object, key: str, other: str) -> dict[str, str]:
    found = ((as_text(item.get(key)), as_text(item.get(other))) for item in maps_in(value))
    return {name: text for name, text in found if name and text}


@dataclass(frozen=True, slots=True)
class EventReply:
    missing_codes: tuple[str, ...]
    missing_users: tuple[str, ...]


def read_event_reply(body: Mapping[str, Any]) -> EventReply:
    return EventReply(texts_in(body.get("notExistCodes")), texts_in(body.get("notExistUsers")))


@dataclass(frozen=True, slots=True)
class UploadReply:
    processed: int | None
    duplicates: frozenset[str] = field(default_factory=frozenset)


def read_upload_reply(body: Mapping[str, Any]) -> UploadReply:
    count = as_text(body.get("processedCallsCount")) or ""
    return UploadReply(
        int(count) if count.isdecimal() else None, frozenset(texts_in(body.get("duplicateCalls")))
    )


# --- writers -------------------------------------------------------------------------------


def json_field(value: object) -> str:
    """A structure as the vendor wants it: JSON text inside one form field."""
    return msgspec.json.encode(value).decode()


def vendor_id(text: str) -> int | str:
    """An id as a number, as the vendor documents it; one that is no number goes as it is."""
    return int(text) if text.isdecimal() else text


def without_blanks(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Only what has a value: a null would wipe the vendor's own."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], ())}


def local_time(moment: datetime, zone: ZoneInfo) -> str:
    """`Y-m-d H:i:s` in the account's zone; the vendor's times carry none."""
    return (
        moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    )


def local_minute(moment: datetime, zone: ZoneInfo) -> str:
    """`Y-m-d H:i`, the form of a task's deadline."""
    return local_time(moment, zone)[:16]
