"""Customers, orders and tasks: written at most once although the vendor has no idempotency key.

Before any write that might be a repeat we look for its effect:

* customer: by phone, always, because another person or call may have created it meanwhile;
* order: by our mark in `managerComment` among the orders of this phone. `externalId` would be
  the easier mark, but shop modules take an order with one for an order of the shop;
* task: by our mark in `commentary` among the tasks with this text; the vendor's task list may
  omit `commentary`, then by text, performer, deadline and client.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from weakref import WeakValueDictionary

from kommutator.connectors.crm.retailcrm.calls import site_of, zone_of
from kommutator.connectors.crm.retailcrm.client import RetailCrmClient
from kommutator.connectors.crm.retailcrm.errors import RetailCrmError
from kommutator.connectors.crm.retailcrm.reads import customer_by_phone
from kommutator.connectors.crm.retailcrm.schemas import (
    Customer,
    local_minute,
    local_time,
    vendor_id,
    without_blanks,
)
from kommutator.domain.commands import CreateCustomer, CreateOrder, CreateTask
from kommutator.domain.connection import Account
from kommutator.domain.outcome import Done, Outcome
from kommutator.domain.ports import Due
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.kit.phones import same_number
from kommutator.kit.plain_json import as_map, as_text

_SEARCH_PAGES = 3  # newest first; a repeat is minutes old, not three hundred orders
_CLOCK_SLACK = timedelta(minutes=2)  # between our clock and the vendor's


def mark_of(account: Account, due: Due) -> str:
    """The same for every attempt at one command, different for any other; says nothing else."""
    seed = f"{account.connection_id}|{due.id}|{due.created_at.isoformat()}"
    return f"kommutator:{hashlib.sha256(seed.encode()).hexdigest()[:16]}"


class Entities:
    """Serialises look-then-write per client, so that two calls of one client make one card.

    One lane owner per connection makes a lock in memory enough.
    """

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[tuple[object, str], asyncio.Lock] = WeakValueDictionary()

    async def customer(
        self, account: Account, client: RetailCrmClient, command: CreateCustomer
    ) -> Outcome:
        async with self._lock(account, command.client):
            known = await customer_by_phone(client, command.client)
            if known is not None:
                return Done(client.last_exchange, known.id, note="customer_known")
            entity = without_blanks(
                {
                    "firstName": command.name,
                    "phones": [{"number": command.client}],
                    "managerId": _user_of(account, command.extension),
                }
            )
            reply = await client.create_customer(entity, site_of(account, command.site, None))
            return Done(reply.exchange, vendor_id=reply.id)

    async def order(
        self, account: Account, client: RetailCrmClient, due: Due, command: CreateOrder
    ) -> Outcome:
        mark = mark_of(account, due)
        async with self._lock(account, command.client):
            if _may_be_repeat(due) and (found := await _find_order(client, command.client, mark)):
                return _found(client, found)
            known = await customer_by_phone(client, command.client)
            entity = without_blanks(
                {
                    "phone": command.client,
                    "firstName": None if known is None else known.first_name,
                    "lastName": None if known is None else known.last_name,
                    "customer": _reference(known),
                    "orderMethod": command.method,
                    "managerId": _user_of(account, command.extension),
                    "managerComment": mark,
                }
            )
            reply = await client.create_order(entity, site_of(account, command.site, None))
            return Done(reply.exchange, vendor_id=reply.id)

    async def task(
        self, account: Account, client: RetailCrmClient, due: Due, command: CreateTask
    ) -> Outcome:
        async with self._lock(account, command.client):
            known = await customer_by_phone(client, command.client)
            entity = _task_of(account, due, command, known)
            if _may_be_repeat(due) and (found := await _find_task(account, client, due, entity)):
                return _found(client, found)
            reply = await client.create_task(entity, site_of(account, command.site, None))
            return Done(reply.exchange, vendor_id=reply.id)

    def _lock(self, account: Account, phone: str) -> asyncio.Lock:
        return self._locks.setdefault((account.connection_id, phone), asyncio.Lock())


def _found(client: RetailCrmClient, entity_id: str) -> Done:
    return Done(client.last_exchange, entity_id, note="found_earlier")


def _may_be_repeat(due: Due) -> bool:
    return due.unsure or due.attempt > 1


def _task_of(
    account: Account, due: Due, command: CreateTask, known: Customer | None
) -> dict[str, Any]:
    performer = (
        _user_of(account, command.performer)
        or (None if known is None or known.manager_id is None else vendor_id(known.manager_id))
        or _default_performer(account, command)
    )
    if performer is None:
        raise RetailCrmError(
            ErrorKind.REJECTED,
            "nobody to give the task to",
            stage=Stage.BEFORE_SENDING,
            hint="no_performer",
        )
    site = site_of(account, command.site, None)
    return without_blanks(
        {
            "text": command.text,
            "commentary": mark_of(account, due),
            "performerId": performer,
            "datetime": local_minute(command.due_at or due.created_at, zone_of(account)),
            "phone": command.client,
            "phoneSite": site,
            "customer": _reference(known),
        }
    )


def _default_performer(account: Account, command: CreateTask) -> int | str | None:
    user = command.default_performer or as_text(account.config.get("default_performer"))
    return None if user is None else vendor_id(user)


def _user_of(account: Account, extension: str | None) -> int | str | None:
    """The CRM user whom our mapping gives this extension."""
    mapping: Mapping[str, str | None] = account.config.get("user_extensions") or {}
    if extension is None:
        return None
    return next((vendor_id(user) for user, number in mapping.items() if number == extension), None)


def _reference(known: Customer | None) -> dict[str, Any] | None:
    return None if known is None else {"id": vendor_id(known.id)}


async def _find_order(client: RetailCrmClient, phone: str, mark: str) -> str | None:
    for number in range(1, _SEARCH_PAGES + 1):
        orders, page = await client.orders(phone, number)
        for order in orders:
            if mark in (as_text(order.get("managerComment")) or ""):
                return as_text(order.get("id"))
        if number >= page.total:
            break
    return None


async def _find_task(
    account: Account, client: RetailCrmClient, due: Due, entity: Mapping[str, Any]
) -> str | None:
    since = local_time(due.created_at - _CLOCK_SLACK, zone_of(account))
    filters = [("filter[text]", str(entity["text"])), ("filter[createdAtFrom]", since)]
    for number in range(1, _SEARCH_PAGES + 1):
        tasks, page = await client.tasks(filters, number)
        for task in tasks:
            if _is_ours(task, entity, since):
                return as_text(task.get("id"))
        if number >= page.total:
            break
    return None


def _is_ours(task: Mapping[str, Any], entity: Mapping[str, Any], since: str) -> bool:
    if commentary := as_text(task.get("commentary")):
        return str(entity["commentary"]) in commentary
    return (
        task.get("text") == entity["text"]
        and as_text(task.get("performer")) == str(entity["performerId"])
        and (as_text(task.get("datetime")) or "")[:16] == entity["datetime"]
        and (as_text(task.get("createdAt")) or "") >= since
        and _same_client(task, entity)
    )


def _same_client(task: Mapping[str, Any], entity: Mapping[str, Any]) -> bool:
    """A task that names no client is not taken for ours: a second task is better than none."""
    if phone := as_text(task.get("phone")):
        return same_number(phone, str(entity["phone"]))
    ours = as_text(as_map(entity.get("customer")).get("id"))
    return ours is not None and as_text(as_map(task.get("customer")).get("id")) == ours
