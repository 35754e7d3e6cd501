"""From changes of entities to bodies of webhooks: who is told what, gathered per request (§1.6)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from kommutator.twins.amocrm import hook_items
from kommutator.twins.amocrm.account import Account
from kommutator.twins.amocrm.changes import Change
from kommutator.twins.amocrm.hook_delivery import Subscription
from kommutator.twins.amocrm.hook_sender import HookSender
from kommutator.twins.amocrm.hook_switches import HookSwitches

Json = dict[str, Any]

ZONE = ZoneInfo("Europe/Moscow")
SINGULAR = {
    "leads": "lead",
    "contacts": "contact",
    "companies": "company",
    "tasks": "task",
    "customers": "customer",
}
# Under which word an entity travels: companies go as contacts.
WORDS = {"leads": "leads", "contacts": "contacts", "companies": "contacts", "tasks": "task"}


@dataclass(frozen=True)
class Told:
    """One item of a webhook: `settings` decide who hears it, `word[action][]` where it stands.

    `apart`: it travels in a POST of its own.
    """

    settings: tuple[str, ...]
    word: str
    action: str
    item: Json
    apart: bool = False


class HookNews:
    """Listens to the world and hands bodies to the sender."""

    def __init__(self, sender: HookSender, switches: HookSwitches) -> None:
        self._sender = sender
        self.switches = switches
        self._gathered: dict[tuple[str, int], Json] = {}
        self._owners: dict[tuple[str, int], tuple[Account, Subscription]] = {}
        self._flushing = False

    def changed(self, account: Account, change: Change) -> None:
        """A listener of the world."""
        subscriptions = [one for one in account.hooks.values() if not one.disabled]
        if not subscriptions:
            return
        told = list(tell(account, change, self.switches))
        short = _short(change)
        for subscription in subscriptions:
            if subscription.short:
                self._send_short(account, subscription, short)
                continue
            for one in told:
                if any(subscription.wants(setting) for setting in one.settings):
                    self.tell(account, subscription, one)

    def tell(self, account: Account, subscription: Subscription, told: Told) -> None:
        """Put one item on its way, together with the others of this request."""
        key = (account.name, subscription.id)
        if told.apart or not self.switches.hook_gather:
            self._sender.submit(account.name, subscription, self._body(account, _place({}, told)))
            return
        self._owners[key] = (account, subscription)
        _place(self._gathered.setdefault(key, {}), told)
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def body(self, account: Account, told: Told) -> Json:
        """One item as a whole body."""
        return self._body(account, _place({}, told))

    def _flush(self) -> None:
        self._flushing = False
        gathered, self._gathered = self._gathered, {}
        for key, content in gathered.items():
            account, subscription = self._owners.pop(key)
            self._sender.submit(account.name, subscription, self._body(account, content))

    def _body(self, account: Account, content: Json) -> Json:
        whose = {
            "account": {
                "subdomain": account.subdomain,
                "id": account.id,
                "_links": {"self": account.base_url},
            }
        }
        return whose | content if self.switches.hook_account_first else content | whose

    def _send_short(self, account: Account, subscription: Subscription, short: Json | None) -> None:
        if short is None:
            return
        whose = {"account": {"id": account.id, "subdomain": account.subdomain}}
        self._sender.submit(account.name, subscription, {"leads": {"status": [short]}} | whose)


def tell(account: Account, change: Change, switches: HookSwitches) -> Iterator[Told]:
    """What webhooks say about a change, in the order the vendor says it."""
    match change.entity:
        case "leads" | "contacts" | "companies" | "tasks":
            yield from _card(account, change, switches)
        case "notes" if change.action == "add" and change.after:
            kind = str(change.after.get("entity_type"))
            if kind in SINGULAR:
                yield from _note(change.after, kind)
        case "unsorted" if change.after or change.before:
            yield from _unsorted(change)


def _card(account: Account, change: Change, switches: HookSwitches) -> Iterator[Told]:
    kind, one, word = change.entity, SINGULAR[change.entity], WORDS[change.entity]
    row = change.after or change.before
    if row is None:
        return
    if change.action == "delete":
        yield Told((f"delete_{one}",), word, "delete", hook_items.deleted(row, kind))
        return
    if change.action in ("add", "restore"):
        item = _item(account, kind, row, None, switches)
        yield Told((f"{change.action}_{one}",), word, change.action, item)
        return
    yield from _updates(account, change, row, switches)


def _note(row: Json, kind: str) -> Iterator[Told]:
    told = Told(
        (f"note_{SINGULAR[kind]}",),
        WORDS.get(kind, kind),
        "note",
        hook_items.note(row, kind, ZONE),
    )
    yield told
    if row.get("note_type") == "attachment":  # a note with a file comes as two webhooks
        yield replace(told, apart=True)


def _updates(account: Account, change: Change, row: Json, switches: HookSwitches) -> Iterator[Told]:
    kind, before = change.entity, change.before
    one, word = SINGULAR[kind], WORDS[kind]
    owner = "responsible_user_id" in change.keys
    full = _item(account, kind, row, before, switches)
    if kind != "leads":
        settings = (f"responsible_{one}", f"update_{one}") if owner else (f"update_{one}",)
        plain = _item(account, kind, row, None, switches)
        yield Told(settings, word, "update", full if owner or kind == "tasks" else plain)
        return
    if change.keys & {"status_id", "pipeline_id"}:
        yield Told(("status_lead",), word, "status", full)
    if owner:
        yield Told(("responsible_lead",), word, "responsible", full)
    plain = _item(account, kind, row, None, switches)
    yield Told(("update_lead",), word, "update", full if switches.hook_update_old_status else plain)


def _item(
    account: Account, kind: str, row: Json, before: Json | None, switches: HookSwitches
) -> Json:
    row = row | {"account_id": account.id, "_embedded": {"tags": row.get("tags") or []}}
    if kind == "leads":
        return hook_items.lead(row, before, bare=switches.hook_bare_fields)
    if kind == "tasks":
        return hook_items.task(row, ZONE, before)
    side = (kind, int(row["id"]))
    companies = account.links.ids(side, "companies") if kind == "contacts" else []
    company = account.cards["companies"].get(companies[0]) if companies else None
    old = before.get("responsible_user_id") if before else None
    if old is not None and switches.hook_old_owner_is_current:
        old = row.get("responsible_user_id")
    leads = account.links.ids(side, "leads")
    return hook_items.person(row, kind, leads=leads, company=company, old_owner=old)


def _unsorted(change: Change) -> Iterator[Told]:
    row = change.after or change.before or {}
    match change.action:
        case "add":
            yield Told(("add_unsorted",), "unsorted", "add", hook_items.unsorted_added(row))
        case "update" | "link":
            yield Told(("update_unsorted",), "unsorted", "update", hook_items.unsorted_added(row))
        case "accept" | "decline":
            item = hook_items.unsorted_gone(row, change.action)
            yield Told(("delete_unsorted",), "unsorted", "delete", item)


def _short(change: Change) -> Json | None:
    if change.entity != "leads" or change.after is None:
        return None
    if change.action == "add" or change.keys & {"status_id", "pipeline_id"}:
        return hook_items.short(change.after, change.before)
    return None


def _place(content: Json, told: Told) -> Json:
    content.setdefault(told.word, {}).setdefault(told.action, []).append(told.item)
    return content
