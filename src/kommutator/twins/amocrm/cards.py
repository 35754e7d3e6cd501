"""Lists and single cards of leads, contacts and companies (contract §1.4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kommutator.twins.amocrm.account import Account
from kommutator.twins.amocrm.call import Call, Route
from kommutator.twins.amocrm.filters import select_cards
from kommutator.twins.amocrm.paging import page, self_link
from kommutator.twins.amocrm.replies import NO_CONTENT, Answer, forbidden

Json = dict[str, Any]

HIDDEN = frozenset({"tags", "is_price_modified_by_robot"})
# What hangs on a card always, and what only when asked for by `with=`.
ALWAYS = {"leads": ("companies",), "contacts": ("companies",), "companies": ()}
ASKED = {"leads": ("contacts",), "contacts": ("leads",), "companies": ("leads", "contacts")}
EMPTY_WHEN_ASKED = ("catalog_elements", "customers", "social_profiles")


def show(account: Account, kind: str, row: Json, words: Iterable[str] = ()) -> Json:
    """A card as the API shows it."""
    embedded: Json = {"tags": row["tags"]}
    for other in (*ALWAYS[kind], *(o for o in ASKED[kind] if o in words)):
        embedded[other] = _linked(account, kind, row["id"], other)
    embedded |= {name: [] for name in EMPTY_WHEN_ASKED if name in words}
    body = {key: value for key, value in row.items() if key not in HIDDEN}
    if kind == "leads" and "is_price_modified_by_robot" in words:
        body["is_price_modified_by_robot"] = row["is_price_modified_by_robot"]
    if kind == "leads" and "loss_reason" in words:
        embedded["loss_reason"] = []
    if kind == "leads" and "source" in words:
        embedded["source"] = None
    return body | self_link(account.href(f"{kind}/{row['id']}")) | {"_embedded": embedded}


def list_cards(call: Call) -> Answer:
    """A page of cards the user may see."""
    kind, words = kind_of(call), call.with_words()
    rows = (row for row in select_cards(call, kind) if may(call, kind, "view", row))
    return page(call, kind, rows, lambda row: show(call.account, kind, row, words))


def get_card(call: Call) -> Answer:
    """One card; 204 for an unknown id.

    Raises:
        ApiError: 403, not this user's to see.
    """
    kind, words = kind_of(call), call.with_words()
    row = call.account.live(kind, call.id())
    if row is None:
        return NO_CONTENT
    if not may(call, kind, "view", row):
        raise forbidden()
    return Answer(show(call.account, kind, row, words))


def kind_of(call: Call) -> str:
    """`leads`, `contacts` or `companies`: the third part of the path."""
    return call.path.split("/")[3]


def may(call: Call, kind: str, act: str, row: Json | None = None) -> bool:
    """Whether the user's rights (A all, G group, M mine, D denied) reach a card."""
    user = call.account.users.get(call.user_id)
    if user is None or user["rights"]["is_admin"]:
        return True  # an administrator's grant survives him
    level = user["rights"][kind].get(act, "A")
    if row is None or level in ("A", "D"):
        return bool(level != "D")
    if level == "G":
        return bool(row["group_id"] == call.account.group_of(call.user_id))
    return bool(row["responsible_user_id"] == call.user_id)


def _linked(account: Account, kind: str, number: int, other: str) -> list[Json]:
    return [
        {"id": linked}
        | ({"is_main": main} if other == "contacts" else {})
        | self_link(account.href(f"{other}/{linked}"))
        for linked, main in account.links.of((kind, number), other)
    ]


ROUTES = tuple(
    Route("GET", f"/api/v4/{kind}{rest}", endpoint)
    for kind in ("leads", "contacts", "companies")
    for rest, endpoint in (("", list_cards), ("/{id}", get_card))
)
