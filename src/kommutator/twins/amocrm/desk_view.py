"""What the pages show a manager: the board, lists, one card. Never all of a large account."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from kommutator.twins.amocrm.account import Account
from kommutator.twins.amocrm.hook_delivery import Delivery
from kommutator.twins.amocrm.phones import phones_of
from kommutator.twins.amocrm.unsorted_show import KINDS, row_view
from kommutator.twins.amocrm.world import World

Json = dict[str, Any]

LEADS_PER_STAGE = 15
ROWS_SHOWN = 60
CALLS = ("call_in", "call_out")


def desk_view(world: World, account: Account, deliveries: list[Delivery]) -> Json:
    """One account as its people see it."""
    contacts = [row for row in account.cards["contacts"].values() if not row["is_deleted"]]
    notes = [note for note in account.notes.values() if note["note_type"] in CALLS]
    waiting = [row for row in account.unsorted.values() if row["state"] is None]
    tasks = sorted(account.tasks.values(), key=lambda row: (row["is_completed"], -row["id"]))
    return {
        "account": {"id": account.id, "name": account.name, "subdomain": account.subdomain,
                    "base_url": account.base_url},
        "users": [_user(number, row) for number, row in account.users.items()],
        "pipelines": _board(account),
        "contacts": [_person(account, "contacts", row) for row in contacts[-ROWS_SHOWN:]][::-1],
        "contacts_total": len(contacts),
        "companies": [
            _person(account, "companies", row)
            for row in account.cards["companies"].values()
            if not row["is_deleted"]
        ][:ROWS_SHOWN],
        "calls": [_call(account, note) for note in notes[-ROWS_SHOWN:]][::-1],
        "tasks": [_task(account, row) for row in tasks[:ROWS_SHOWN]],
        "unsorted": [_tray(account, row) for row in waiting[-ROWS_SHOWN:]][::-1],
        "popups": [_popup(account, row) for row in account.popups[-ROWS_SHOWN:]],
        "integrations": _integrations(world, account),
        "hooks": [hook.dump(account.id) | {"short": hook.short} for hook in account.hooks.values()],
        "deliveries": [row.dump() for row in deliveries[-ROWS_SHOWN:]][::-1],
        "now": world.now(),
    }  # fmt: skip


def card_view(account: Account, kind: str, number: int) -> Json:
    """One card with everything on it.

    Raises:
        LookupError: there is no such card.
    """
    row = account.live(kind, number)
    if row is None:
        raise LookupError(f"no {kind} {number}")
    linked = {
        other: [
            _person(account, other, card) if other != "leads" else _lead(account, card)
            for n in account.links.ids((kind, number), other)
            if (card := account.live(other, n)) is not None
        ]
        for other in KINDS
    }
    notes = [account.notes[n] for n in account.notes_of.get((kind, number), [])]
    tasks = [t for t in account.tasks.values()
             if (t["entity_type"], t["entity_id"]) == (kind, number)]  # fmt: skip
    stage = account.pipelines.get(row.get("pipeline_id", 0))
    return {
        "kind": kind,
        "id": number,
        "name": row["name"],
        "price": row.get("price"),
        "pipeline": stage["name"] if stage else None,
        "status": stage["statuses"].get(row["status_id"], {}).get("name") if stage else None,
        "responsible": _name(account, row["responsible_user_id"]),
        "phones": phones_of(row),
        "fields": [_field(field) for field in row["custom_fields_values"] or []],
        "tags": [tag["name"] for tag in row["tags"]],
        "linked": linked,
        "notes": [_note(account, note) for note in reversed(notes)],
        "tasks": [_task(account, task) for task in tasks],
    }


def _board(account: Account) -> list[Json]:
    by_stage: dict[tuple[int, int], list[Json]] = defaultdict(list)
    for row in account.cards["leads"].values():
        if not row["is_deleted"]:
            by_stage[row["pipeline_id"], row["status_id"]].append(row)
    return [
        {
            "id": number,
            "name": pipeline["name"],
            "statuses": [
                {
                    "id": status["id"],
                    "name": status["name"],
                    "color": status["color"],
                    "count": len(leads := by_stage[number, status["id"]]),
                    "leads": [_lead(account, row) for row in leads[-LEADS_PER_STAGE:]][::-1],
                }
                for status in pipeline["statuses"].values()
            ],
        }
        for number, pipeline in account.pipelines.items()
    ]


def _lead(account: Account, row: Json) -> Json:
    people = account.links.ids(("leads", row["id"]), "contacts")
    person = account.live("contacts", people[0]) if people else None
    return {
        "id": row["id"],
        "name": row["name"],
        "price": row["price"],
        "status_id": row["status_id"],
        "responsible": _name(account, row["responsible_user_id"]),
        "contact": person["name"] if person else None,
        "phones": phones_of(person) if person else [],
    }


def _person(account: Account, kind: str, row: Json) -> Json:
    return {
        "id": row["id"],
        "kind": kind,
        "name": row["name"],
        "phones": phones_of(row),
        "responsible": _name(account, row["responsible_user_id"]),
    }


def _call(account: Account, note: Json) -> Json:
    card = account.cards[note["entity_type"]].get(note["entity_id"], {})
    return _note(account, note) | {
        "kind": note["entity_type"],
        "entity_id": note["entity_id"],
        "name": card.get("name"),
    }


def _note(account: Account, note: Json) -> Json:
    return {
        "id": note["id"],
        "type": note["note_type"],
        "at": note["created_at"],
        "by": _name(account, note["created_by"]),
        "params": note["params"],
    }


def _task(account: Account, row: Json) -> Json:
    card = account.cards.get(row["entity_type"] or "", {}).get(row["entity_id"], {})
    return {
        "id": row["id"],
        "text": row["text"],
        "till": row["complete_till"],
        "done": row["is_completed"],
        "responsible": _name(account, row["responsible_user_id"]),
        "kind": row["entity_type"],
        "entity_id": row["entity_id"],
        "name": card.get("name"),
    }


def _tray(account: Account, row: Json) -> Json:
    view = row_view(account, row)
    names = [account.cards[kind][n]["name"] for kind in KINDS for n in row[kind]]
    return {name: view[name] for name in ("uid", "source_name", "category", "created_at")} | {
        "metadata": view["metadata"],
        "names": names,
    }


def _popup(account: Account, row: Json) -> Json:
    card = account.cards.get(row["entity_type"] or "", {}).get(row["entity_id"], {})
    return row | {"name": card.get("name")}


def _integrations(world: World, account: Account) -> list[Json]:
    return [
        {
            "client_id": one.client_id,
            "name": one.name,
            "widget": one.client_id in world.widgets,
            "installed": (account.name, one.client_id) in world.installed,
        }
        for one in world.integrations.values()
        if one.own_account in (None, account.name)
    ]


def _user(number: int, row: Json) -> Json:
    return {
        "id": number,
        "name": row["name"],
        "email": row["email"],
        "is_admin": row["rights"]["is_admin"],
    }


def _field(field: Json) -> Json:
    values = [str(value.get("value")) for value in field.get("values") or []]
    return {"name": field.get("field_name"), "type": field.get("field_type"), "values": values}


def _name(account: Account, number: Any) -> str:
    user = account.users.get(number)
    return str(user["name"]) if user else "робот"
