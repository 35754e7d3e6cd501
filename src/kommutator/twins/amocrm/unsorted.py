"""`/api/v4/leads/unsorted`: the tray of leads nobody has taken yet (contract §1.5)."""

from __future__ import annotations

from typing import Any

from kommutator.twins.amocrm.call import Call, Route
from kommutator.twins.amocrm.replies import NO_CONTENT, Answer, ApiError, invalid, problem
from kommutator.twins.amocrm.rows import first_status
from kommutator.twins.amocrm.unsorted_make import missing, take_in
from kommutator.twins.amocrm.unsorted_show import KINDS, embedded, result, row_view, shown

Json = dict[str, Any]

CATEGORIES = ("sip", "mail", "forms", "chats")


def create_sip(call: Call) -> Answer:
    """Calls of strangers."""
    return _create(call, "sip")


def create_forms(call: Call) -> Answer:
    """Requests from forms of a site."""
    return _create(call, "forms")


def list_unsorted(call: Call) -> Answer:
    """What waits, newest first; filters by uid, category and pipeline."""
    page, limit = call.page()
    wanted = call.filters()
    rows = [r for r in reversed(call.account.unsorted.values()) if _waits(r) and _fits(r, wanted)]
    part = rows[(page - 1) * limit : page * limit]
    if not part:
        return NO_CONTENT
    tail = f"?{call.raw_query}" if call.raw_query else ""
    links: Json = {"self": {"href": call.account.href(f"leads/unsorted{tail}")}}
    if len(rows) > page * limit:
        links["next"] = {"href": call.account.href(f"leads/unsorted?page={page + 1}&limit={limit}")}
    items = [row_view(call.account, row) for row in part]
    return Answer({"_page": page, "_links": links, "_embedded": {"unsorted": items}})


def get_unsorted(call: Call) -> Answer:
    """One by its uid; 204 when it is not there (any more)."""
    row = call.account.unsorted.get(call.args["uid"])
    return Answer(row_view(call.account, row)) if row and _waits(row) else NO_CONTENT


def accept(call: Call) -> Answer:
    """Into work: the lead gets an owner and a stage, the world hears of new cards.

    Raises:
        ApiError: 404 for a uid that does not wait, 400 for a strange stage or user.
    """
    row, order = _waiting(call), call.body if isinstance(call.body, dict) else {}
    account = call.account
    user = int(order.get("user_id") or call.user_id)
    status = int(order.get("status_id") or first_status(account, row["pipeline_id"]))
    if user not in account.users or status not in account.pipelines[row["pipeline_id"]]["statuses"]:
        raise problem(400, "Unknown user or status")
    row |= {"state": "accept", "sorted_at": call.now()}
    change = {"responsible_user_id": user, "group_id": account.group_of(user)}
    for kind in KINDS:
        for number in row[kind]:
            card = account.cards[kind][number]
            card |= change | ({"status_id": status} if kind == "leads" else {})
            if kind == "contacts":
                card["is_unsorted"] = False
            call.changed(kind, "add", None, card, by=user)
    call.changed("unsorted", "accept", None, row | embedded(account, row), by=user)
    return Answer(result(account, row))


def decline(call: Call) -> Answer:
    """Away with it: its cards are deleted.

    Raises:
        ApiError: 404 for a uid that does not wait.
    """
    row, order = _waiting(call), call.body if isinstance(call.body, dict) else {}
    user = int(order.get("user_id") or call.user_id)
    row |= {"state": "decline", "sorted_at": call.now()}
    shown_row = row | embedded(call.account, row)
    for kind in KINDS:
        for number in row[kind]:
            card = call.account.cards[kind][number]
            card["is_deleted"] = True
            call.account.phones.put(kind, card)
    call.changed("unsorted", "decline", None, shown_row, by=user)
    answer = result(call.account, row)
    del answer["_embedded"]["companies"]  # the papers show none here
    return Answer(answer)


def link(call: Call) -> Answer:
    """Onto a card that is there already: `{"link": {"entity_id", "entity_type", "metadata"}}`.

    Raises:
        ApiError: 404 for a uid that does not wait, 400 for a card that is not there.
    """
    row, order = _waiting(call), call.item().get("link")
    kind = str(order.get("entity_type")) if isinstance(order, dict) else ""
    number = order.get("entity_id") if isinstance(order, dict) else None
    if kind not in ("leads", "contacts", "companies") or call.account.live(kind, number) is None:
        raise problem(400, "Entity not found")
    _move_notes(call, row, kind, int(number or 0))
    for own in KINDS:
        for card_id in row[own]:
            card = call.account.cards[own][card_id]
            card["is_deleted"] = True
            call.account.phones.put(own, card)
    row |= {"state": "link", "sorted_at": call.now(), "leads": [], "contacts": [], "companies": []}
    row[kind] = [number]
    call.changed("unsorted", "link", None, row | embedded(call.account, row))
    return Answer({"uid": row["uid"], "_embedded": {kind: [shown(call.account, kind, number)]}})


def summary(call: Call) -> Answer:
    """How many came, were taken and refused, and how long it took on average."""
    rows = list(call.account.unsorted.values())
    taken = [row for row in rows if row["state"] in ("accept", "link")]
    declined = [row for row in rows if row["state"] == "decline"]
    spans = [row["sorted_at"] - row["created_at"] for row in (*taken, *declined)]
    by_kind = {kind: {"total": sum(row["category"] == kind for row in rows)} for kind in CATEGORIES}
    return Answer(
        {
            "total": len(rows),
            "accepted": len(taken),
            "declined": len(declined),
            "average_sort_time": sum(spans) // len(spans) if spans else 0,
            "categories": by_kind,
        }
    )


def _create(call: Call, category: str) -> Answer:
    items = call.items()
    if wrong := [found for n, item in enumerate(items) if (found := missing(n, item, category))]:
        raise invalid(wrong)
    rows = [(take_in(call, item, category), item) for item in items]
    made = [
        {
            "uid": row["uid"],
            "account_id": call.account.id,
            "request_id": str(item.get("request_id", place)),
            "_links": {"self": {"href": call.account.href(f"leads/unsorted/{row['uid']}")}},
            **embedded(call.account, row),
        }
        for place, (row, item) in enumerate(rows)
    ]
    return Answer({"_total_items": len(made), "_embedded": {"unsorted": made}})


def _waits(row: Json) -> bool:
    return row["state"] is None


def _fits(row: Json, wanted: Json) -> bool:
    for name in ("uid", "category", "pipeline_id"):
        asked = wanted.get(name)
        if asked is None:
            continue
        choices = asked.values() if isinstance(asked, dict) else [asked]
        if str(row[name]) not in {str(choice) for choice in choices}:
            return False
    return True


def _waiting(call: Call) -> Json:
    row = call.account.unsorted.get(call.args["uid"])
    if row is None or not _waits(row):
        raise _gone()
    return row


def _gone() -> ApiError:
    return problem(404, "Unsorted not found")


def _move_notes(call: Call, row: Json, kind: str, number: int) -> None:
    """What was written on the unsorted cards goes over to the card they are put on."""
    account = call.account
    for own in KINDS:
        for card_id in row[own]:
            for note_id in account.notes_of.pop((own, card_id), []):
                account.notes[note_id] |= {"entity_type": kind, "entity_id": number}
                account.notes_of.setdefault((kind, number), []).append(note_id)


_BASE = "/api/v4/leads/unsorted"
ROUTES = (
    Route("GET", _BASE, list_unsorted),
    Route("GET", f"{_BASE}/summary", summary),
    Route("GET", f"{_BASE}/{{uid}}", get_unsorted),
    Route("POST", f"{_BASE}/sip", create_sip),
    Route("POST", f"{_BASE}/forms", create_forms),
    Route("POST", f"{_BASE}/{{uid}}/accept", accept),
    Route("DELETE", f"{_BASE}/{{uid}}/decline", decline),
    Route("POST", f"{_BASE}/{{uid}}/link", link),
)
