"""Call events and the pop-ups they raise (contract §1.6)."""

from __future__ import annotations

from typing import Any

from kommutator.twins.retailcrm.account import Account
from kommutator.twins.retailcrm.call import Call
from kommutator.twins.retailcrm.checks import Checks, whole_number
from kommutator.twins.retailcrm.customers import by_phone
from kommutator.twins.retailcrm.filters import full_name
from kommutator.twins.retailcrm.phones import same_phone
from kommutator.twins.retailcrm.replies import Answer, ApiError

Json = dict[str, Any]

TYPES = frozenset({"in", "out", "hangup"})
# Not the same words as the results of an uploaded call: "no answered" here, "no answer" there.
HANGUP_STATUSES = frozenset({"answered", "busy", "cancel", "failed", "no answered"})


def call_event(call: Call) -> Answer:
    """`POST /telephony/call/event`, form `event`."""
    event = call.entity("event")
    if not call.account.telephony_parts():
        raise ApiError(call.switches.telephony_off_status, "Telephony not enabled")
    _check(event)
    _note_oddities(call, event)
    users, body = _targets(call, event)
    call.account.events.append({"at": call.epoch(), "event": event, "userIds": users})
    if event["type"] == "hangup":
        _close(call, event, users)
    else:
        _show(call, event, users)
    return Answer(body)


def _check(event: Json) -> None:
    checks = Checks(event)
    checks.required("phone", "type")
    checks.scalars("phone", "callExternalId", "externalPhone", "site")
    checks.choice("type", TYPES)
    checks.choice("hangupStatus", HANGUP_STATUSES)
    for name in ("codes", "userIds"):
        if not isinstance(event.get(name) or [], list):
            checks.complain(name, "This value is not valid.")
    checks.refuse_if_any()


def _note_oddities(call: Call, event: Json) -> None:
    site = event.get("site")
    if site is None and len(call.account.sites) > 1:
        call.violation("site_missing", "call/event of an account with several shops")
    if site is not None and site not in call.account.sites:
        call.violation("unknown_site", f"call/event: {site}")
    if event.get("hangupStatus") and event["type"] != "hangup":
        call.violation("hangup_status", f"hangupStatus with type {event['type']}")


def _targets(call: Call, event: Json) -> tuple[list[int], Json]:
    """Who sees it, and the part of the answer that names strangers."""
    known = call.account.codes()
    codes = [str(code) for code in event.get("codes") or []]
    ids = [whole_number(user) for user in event.get("userIds") or []]
    users = [known[code] for code in codes if code in known]
    users += [user for user in ids if user in call.account.users]
    if not codes and not ids:
        users = _everybody(call)
    body: Json = {}
    if strangers := [code for code in codes if code not in known]:
        body["notExistCodes"] = strangers
    if nobody := [user for user in ids if user not in call.account.users]:
        body["notExistUsers"] = nobody
    return sorted(set(users)), body


def _everybody(call: Call) -> list[int]:
    if call.switches.popup_without_target == "nobody":
        return []
    return [u["id"] for u in call.account.users.values() if u["active"] and u["isManager"]]


def _show(call: Call, event: Json, users: list[int]) -> None:
    customer = by_phone(call.account, str(event["phone"]))
    for user_id in users:
        shown = _open_popup(call.account, event, user_id)
        if shown is not None:
            shown["repeats"] += 1
            continue
        call.account.popups.append(
            {
                "id": call.account.next_id(),
                "userId": user_id,
                "userName": full_name(call.account.users[user_id]),
                "type": event["type"],
                "phone": str(event["phone"]),
                "callExternalId": event.get("callExternalId"),
                "externalPhone": event.get("externalPhone"),
                "site": event.get("site"),
                "customerId": customer["id"] if customer else None,
                "customerName": full_name(customer) if customer else None,
                "shownAt": call.epoch(),
                "closedAt": None,
                "hangupStatus": None,
                "repeats": 0,
            }
        )


def _close(call: Call, event: Json, users: list[int]) -> None:
    """Hang-up ends the pop-ups of its call: of those named, or of all when nobody is."""
    named = bool(event.get("codes") or event.get("userIds"))
    for popup in call.account.popups:
        concerned = not named or popup["userId"] in users
        if concerned and popup["closedAt"] is None and _same_call(popup, event):
            popup["closedAt"] = call.epoch()
            popup["hangupStatus"] = event.get("hangupStatus")


def _open_popup(account: Account, event: Json, user_id: int) -> Json | None:
    for popup in account.popups:
        if popup["closedAt"] is None and popup["userId"] == user_id and _same_call(popup, event):
            return popup
    return None


def _same_call(popup: Json, event: Json) -> bool:
    if popup["callExternalId"] and event.get("callExternalId"):
        return bool(popup["callExternalId"] == event["callExternalId"])
    return same_phone(str(popup["phone"]), str(event["phone"]))
