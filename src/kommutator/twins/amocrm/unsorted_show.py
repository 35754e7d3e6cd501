"""How the tray's rows look in answers."""

from __future__ import annotations

from typing import Any

from kommutator.twins.amocrm.account import Account

Json = dict[str, Any]

KINDS = ("contacts", "leads", "companies")


def row_view(account: Account, row: Json) -> Json:
    """A row as the list and the single read show it."""
    hidden = ("is_call_event_needed", "uniq")
    plain = {
        name: row[name]
        for name in (
            "uid",
            "source_uid",
            "source_name",
            "category",
            "pipeline_id",
            "created_at",
        )
    }
    return {
        **plain,
        "metadata": {k: v for k, v in row["metadata"].items() if k not in hidden},
        "account_id": account.id,
        "_links": {"self": {"href": account.href(f"leads/unsorted/{row['uid']}")}},
        **embedded(account, row),
    }


def embedded(account: Account, row: Json) -> Json:
    """The cards of a row, with links."""
    return {"_embedded": {k: [shown(account, k, number) for number in row[k]] for k in KINDS}}


def shown(account: Account, kind: str, number: Any) -> Json:
    """A card as a reference."""
    return {"id": number, "_links": {"self": {"href": account.href(f"{kind}/{number}")}}}


def result(account: Account, row: Json) -> Json:
    """The answer to taking or refusing."""
    plain = {name: row[name] for name in ("uid", "pipeline_id", "category", "created_at")}
    return plain | embedded(account, row)
