"""Finished calls (contract §1.7)."""

from __future__ import annotations

from typing import Any

from kommutator.twins.retailcrm.account import Account
from kommutator.twins.retailcrm.call import Call
from kommutator.twins.retailcrm.checks import DATETIME, Checks, whole_number
from kommutator.twins.retailcrm.customers import by_phone
from kommutator.twins.retailcrm.filters import full_name
from kommutator.twins.retailcrm.phpform import json_field
from kommutator.twins.retailcrm.replies import NOT_VALID, Answer, ApiError, entity_error
from kommutator.twins.retailcrm.tasks import new_task

Json = dict[str, Any]

TYPES = frozenset({"in", "out"})
RESULTS = frozenset({"answered", "busy", "failed", "no answer", "not allowed", "unknown"})
# The CRM's own trigger for a missed call looks at these two words only.
MISSED = frozenset({"no answer", "unknown"})
FIELDS = [
    "date",
    "type",
    "phone",
    "code",
    "userId",
    "result",
    "duration",
    "durationWaiting",
    "externalId",
    "recordUrl",
    "externalPhone",
    "site",
    "source",
    "clientId",
]
FUTURE_TOLERANCE_SECONDS = 300


def upload_calls(call: Call) -> Answer:
    """`POST /telephony/calls/upload`, form `calls`: a list of at most 50."""
    sent = json_field(call.form, "calls")
    if not call.account.telephony_parts():
        text = "Telephony not enabled or not supports calls upload"
        raise ApiError(call.switches.telephony_off_status, text)
    rows = _rows(call, sent)
    errors = {f"[{n}][{k}]": v for n, row in enumerate(rows) for k, v in _complaints(row).items()}
    if errors and call.switches.calls_partial == "reject":
        raise entity_error(errors)
    good = [row for row in rows if not _complaints(row)]
    duplicates = [str(row["externalId"]) for row in good if not _keep(call, row)]
    body: Json = {"processedCallsCount": len(good) - len(duplicates)}
    if duplicates:
        body["duplicateCalls"] = duplicates
    if errors:
        refusal = ApiError(460, "Calls are loaded with errors", errors)
        refusal.body |= body
        raise refusal
    return Answer(body)


def _rows(call: Call, sent: Any) -> list[Json]:
    rows = list(sent.values()) if isinstance(sent, dict) else sent
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise entity_error({"calls": NOT_VALID})
    if len(rows) > call.switches.max_calls:
        limit = call.switches.max_calls
        text = f"This collection should contain {limit} elements or less."
        raise entity_error({"calls": text})
    return rows


def _complaints(row: Json) -> dict[str, str]:
    checks = Checks(row)
    checks.required("date", "type", "phone", "result", "externalId")
    checks.scalars("phone", "externalId", "code", "recordUrl", "site")
    checks.moment("date", DATETIME)
    checks.choice("type", TYPES)
    checks.choice("result", RESULTS)
    checks.whole("userId", "duration", "durationWaiting")
    return checks.errors


def _keep(call: Call, row: Json) -> bool:
    """Keep a call once; False when its externalId is known."""
    external_id = str(row["externalId"])
    for kept in call.account.calls:
        if kept["externalId"] == external_id:
            kept["duplicates"] += 1
            if call.switches.reupload_updates:
                kept.update({name: row[name] for name in FIELDS if name in row})
            return False
    kept = _as_kept(call, row, external_id)
    call.account.calls.append(kept)
    _note_oddities(call, kept)
    if kept["type"] == "in" and kept["result"] in MISSED:
        _missed_call(call, kept)
    return True


def _as_kept(call: Call, row: Json, external_id: str) -> Json:
    user_id = _user(call.account, row)
    customer = by_phone(call.account, str(row["phone"]))
    return {
        **{name: row[name] for name in FIELDS if name in row},
        "externalId": external_id,
        "id": call.account.next_id(),
        "userId": user_id,
        "userName": full_name(call.account.users[user_id]) if user_id else None,
        "customerId": customer["id"] if customer else None,
        "customerName": full_name(customer) if customer else None,
        "epoch": call.account.epoch_of(row["date"]),
        "receivedAt": call.epoch(),
        "duplicates": 0,
    }


def _user(account: Account, row: Json) -> int | None:
    named = whole_number(row.get("userId"))
    if named is not None:
        return named if named in account.users else None
    return account.codes().get(str(row.get("code")))


def _note_oddities(call: Call, kept: Json) -> None:
    if kept["epoch"] > call.epoch() + FUTURE_TOLERANCE_SECONDS:
        call.violation("future_call", f"{kept['externalId']}: {kept['date']} is not yet, here")
    if kept.get("site") is not None and kept["site"] not in call.account.sites:
        call.violation("unknown_site", f"calls/upload: {kept['site']}")
    if kept["userId"] is None and (kept.get("code") or kept.get("userId")):
        call.violation("unknown_operator", f"{kept['externalId']}: code {kept.get('code')}")


def _missed_call(call: Call, kept: Json) -> None:
    """The CRM's trigger "Пропущенный звонок"; makes a task when the account has it so."""
    fired: Json = {"kind": "missed_call", "externalId": kept["externalId"], "at": call.epoch()}
    call.account.triggers.append(fired)
    if not call.switches.missed_call_task:
        return
    customer = call.account.customers.get(kept["customerId"] or 0)
    performer = (customer or {}).get("managerId") or next(iter(call.account.users))
    fields: Json = {"text": "Перезвонить", "phone": str(kept["phone"]), "performer": performer}
    if customer:
        fields["customer"] = {
            "type": "customer",
            "id": customer["id"],
            "site": customer["site"],
        }
    fired["taskId"] = new_task(call.account, call.now(), fields)["id"]
