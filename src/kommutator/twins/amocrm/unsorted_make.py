"""A new row of the tray, with its lead, contact and company."""

from __future__ import annotations

import hashlib
from typing import Any

from kommutator.twins.amocrm.account import Account
from kommutator.twins.amocrm.call import Call
from kommutator.twins.amocrm.calls import add_call_note
from kommutator.twins.amocrm.replies import FIELD_MISSING, NOT_NULLABLE, problem
from kommutator.twins.amocrm.rows import main_pipeline, new_card, tag_of
from kommutator.twins.amocrm.seed import phone_field
from kommutator.twins.amocrm.unsorted_show import KINDS, embedded

Json = dict[str, Any]

NEEDED = {
    "sip": ("uniq", "duration", "service_code", "link", "phone", "called_at", "from"),
    "forms": ("ip", "form_id", "form_sent_at", "form_name", "form_page", "referer"),
}
UNSORTED_STAGE = 1


def missing(place: int, item: Json, category: str) -> Json | None:
    """What an item lacks; `link` of a call may be null, as the vendor's own SDK sends it."""
    errors = [
        {"code": FIELD_MISSING[0], "path": name, "detail": FIELD_MISSING[1]}
        for name in ("source_name", "source_uid")
        if not item.get(name)
    ]
    given = item.get("metadata")
    metadata: Json = given if isinstance(given, dict) else {}
    for name in NEEDED[category]:
        code, words = FIELD_MISSING if name not in metadata else NOT_NULLABLE
        if metadata.get(name) is None and not (name == "link" and name in metadata):
            errors.append({"code": code, "path": f"metadata.{name}", "detail": words})
    if not errors:
        return None
    return {"request_id": str(item.get("request_id", place)), "errors": errors}


def take_in(call: Call, item: Json, category: str) -> Json:
    """Put one item into the tray; its cards exist at once, but nobody works on them yet.

    Raises:
        ApiError: 400 where the account or the pipeline keeps no tray, or there is no pipeline.
    """
    account = call.account
    pipeline = int(item.get("pipeline_id") or main_pipeline(account))
    stage = _stage(account, pipeline)
    metadata, parts = item["metadata"], item.get("_embedded") or {}
    row: Json = {
        "uid": hashlib.sha256(str(call.world.core.ids.uuid()).encode()).hexdigest()[:60],
        "source_uid": item["source_uid"],
        "source_name": item["source_name"],
        "category": category,
        "pipeline_id": pipeline,
        "created_at": int(item.get("created_at") or call.now()),
        "metadata": metadata,
        "account_id": account.id,
        "state": None,
        "sorted_at": 0,
    }
    for kind in KINDS:
        given = parts.get(kind) or ([{}] if kind == "leads" else [])
        row[kind] = [_card(call, kind, fields, pipeline, stage) for fields in given[:1]]
    _tie(account, row)
    if category == "sip":
        _of_call(call, row, metadata)
    account.unsorted[row["uid"]] = row
    call.changed("unsorted", "add", None, row | embedded(account, row))
    return row


def _stage(account: Account, pipeline: int) -> int:
    row = account.pipelines.get(pipeline)
    if row is None:
        raise problem(400, "Pipeline not found")
    stages = [s["id"] for s in row["statuses"].values() if s["type"] == UNSORTED_STAGE]
    if not (account.is_unsorted_on and row["is_unsorted_on"] and stages):
        raise problem(400, "Unsorted is turned off")
    return int(stages[0])


def _card(call: Call, kind: str, fields: Json, pipeline: int, stage: int) -> int:
    known = {name: value for name, value in fields.items() if name in ("name", "price")}
    known = {n: str(v) if n == "name" else v for n, v in known.items()}
    if kind == "leads":
        known |= {"pipeline_id": pipeline, "status_id": stage}
    if kind == "contacts":
        known |= {"first_name": str(fields.get("first_name") or ""),
                  "last_name": str(fields.get("last_name") or ""), "is_unsorted": True}  # fmt: skip
    known["custom_fields_values"] = _values(call.account, kind, fields)
    card = new_card(call.account, kind, known, by=0, at=call.now())
    for wanted in (fields.get("_embedded") or {}).get("tags") or []:
        if (tag := tag_of(call.account, kind, wanted)) is not None:
            card["tags"].append(tag)
    return int(card["id"])


def _values(account: Account, kind: str, fields: Json) -> list[Json] | None:
    """Custom fields completed by what the account knows of them; unknown ones fall out."""
    known = account.fields[kind].values()
    found = []
    for value in fields.get("custom_fields_values") or []:
        field = next(
            (
                one
                for one in known
                if one["id"] == value.get("field_id")
                or (one["code"] and one["code"] == value.get("field_code"))
            ),
            None,
        )
        if field is not None:
            found.append(
                {
                    "field_id": field["id"],
                    "field_name": field["name"],
                    "field_code": field["code"],
                    "field_type": field["type"],
                    "values": value.get("values") or [],
                }
            )
    return found or None


def _tie(account: Account, row: Json) -> None:
    for lead in row["leads"]:
        for kind in ("contacts", "companies"):
            for number in row[kind]:
                account.links.link(("leads", lead), (kind, number))
    for contact in row["contacts"]:
        for company in row["companies"]:
            account.links.link(("contacts", contact), ("companies", company))


def _of_call(call: Call, row: Json, metadata: Json) -> None:
    """The client's number goes to the contact, the call to the lead when that is wanted."""
    phone = str(metadata[call.switches.unsorted_client_number])
    for number in row["contacts"]:
        card = call.account.cards["contacts"][number]
        if not card["custom_fields_values"]:
            card["custom_fields_values"] = phone_field(call.account, "contacts", phone)
            call.account.phones.put("contacts", card)
    if not metadata.get("is_call_event_needed"):
        return
    note = {
        "direction": "inbound",
        "duration": metadata["duration"],
        "source": metadata["service_code"],
        "phone": phone,
        "link": metadata.get("link"),
        "uniq": metadata["uniq"],
        "call_responsible": metadata.get("call_responsible"),
    }
    for number in row["leads"]:
        add_call_note(call, "leads", number, note)
