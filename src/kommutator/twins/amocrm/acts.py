"""`POST /_twin/act`: what a manager does by hand in amoCRM's own pages.

`{"account", "user_id", "entity", "act", "id", "fields"}`: entity leads, contacts, companies,
tasks or notes; act create, edit, delete or restore (a move is an edit of `status_id`). A note is
created on the card `on` (`{"entity": "leads", "id": 5}`). The same checks hold as for the API.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from kommutator.twins.amocrm import cards_write, notes, tasks
from kommutator.twins.amocrm.account import CARD_KINDS, Account
from kommutator.twins.amocrm.call import Call
from kommutator.twins.amocrm.replies import Answer, ApiError
from kommutator.twins.amocrm.rows import place_task
from kommutator.twins.amocrm.world import World
from kommutator.twins.orders import OrderRefused, read_order, shown

Json = dict[str, Any]

ENTITIES = (*CARD_KINDS, "tasks", "notes")


class Acts:
    """The manager's hands."""

    def __init__(self, world: World) -> None:
        self._world = world

    def add_to(self, app: web.Application) -> None:
        """Register the path."""
        app.router.add_post("/_twin/act", shown(self.act))
        app.router.add_post("/_twin/user", shown(self.user))

    async def act(self, request: web.Request) -> Json:
        """Do one thing; answers the row as it is afterwards."""
        order = await read_order(request)
        entity, what = str(order.get("entity")), order.get("act")
        if entity not in ENTITIES:
            raise ValueError(f"entity is one of {', '.join(ENTITIES)}")
        call = self._call(order, entity)
        try:
            if what == "create":
                return self._create(call, entity, order)
            if what == "edit":
                return self._edit(call, entity, order)
        except ApiError as wrong:
            raise ValueError(str(wrong.body)) from wrong
        if what in ("delete", "restore"):
            return _delete(call, entity, int(order["id"]), restore=what == "restore")
        raise ValueError("act is one of create, edit, delete, restore")

    async def user(self, request: web.Request) -> Json:
        """A user changed: `user_id`, and `is_admin`, `is_active`, `group_id`, `phone_number`."""
        order = await read_order(request)
        account = self._world.account(order.get("account"))
        row = account.users[int(order["user_id"])]
        for name in ("is_admin", "is_active", "group_id"):
            if name in order:
                row["rights"][name] = order[name]
        for kind, rights in (order.get("rights") or {}).items():
            row["rights"][kind] |= rights
        for name in ("name", "email", "phone_number"):
            if name in order:
                row[name] = order[name]
        self._world.core.bell.ring()
        return row

    def _call(self, order: Json, entity: str) -> Call:
        account = self._world.account(order.get("account"))
        user_id = int(order.get("user_id") or account.admin_id())
        return Call(self._world, account, user_id, {}, None, {}, f"/api/v4/{entity}")

    def _create(self, call: Call, entity: str, order: Json) -> Json:
        call.body = [order.get("fields") or {}]
        if entity == "notes":
            on = order["on"]
            call.path, call.args = f"/api/v4/{on['entity']}/notes", {"id": str(on["id"])}
            return call.account.notes[_new_id(notes.create_notes(call), "notes")]
        if entity == "tasks":
            return call.account.tasks[_new_id(tasks.create_tasks(call), "tasks")]
        number = _new_id(cards_write.create_cards(call), entity)
        return call.account.cards[entity][number]

    def _edit(self, call: Call, entity: str, order: Json) -> Json:
        number = int(order["id"])
        call.body = order.get("fields") or {}
        if entity == "notes":
            row = call.account.notes[number]
            call.path, call.args = f"/api/v4/{row['entity_type']}/notes", {"note": str(number)}
            notes.update_notes(call)
            return row
        call.args = {"id": str(number)}
        if entity == "tasks":
            tasks.update_tasks(call)
        else:
            cards_write.update_card(call)
        return rows_of(call.account, entity)[number]


def rows_of(account: Account, entity: str) -> dict[int, Json]:
    """The rows of leads, contacts, companies, tasks or notes by id."""
    if entity in CARD_KINDS:
        return account.cards[entity]
    return account.tasks if entity == "tasks" else account.notes


def _delete(call: Call, entity: str, number: int, *, restore: bool) -> Json:
    """Cards go to the basket and may come back; tasks and notes are gone for good."""
    account, rows = call.account, rows_of(call.account, entity)
    row = rows[number]
    before = dict(row)
    if entity not in CARD_KINDS:
        if restore:
            raise OrderRefused("only cards come back from the basket")
        del rows[number]
        if entity == "notes":
            account.notes_of[row["entity_type"], row["entity_id"]].remove(number)
        else:
            place_task(account, row)
        call.changed(entity, "delete", before, None)
        return before
    if row["is_deleted"] is not restore:
        raise OrderRefused("it is already so")
    row |= {"is_deleted": not restore, "updated_at": call.now(), "updated_by": call.user_id}
    account.phones.put(entity, row)
    if restore:
        call.changed(entity, "restore", before, row, {"is_deleted"})
    else:
        call.changed(entity, "delete", before, None, {"is_deleted"})
    return row


def _new_id(answer: Answer, name: str) -> int:
    body = answer.body
    return int(body["_embedded"][name][0]["id"]) if isinstance(body, dict) else 0
