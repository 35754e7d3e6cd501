"""Calls for YClients' telephony: pop-ups and history (contract §1.8).

Works for a chain of salons whose administrator opened Telephony → Integration; the key from that
page is the connection's secret `voip_token`. One connection of a chain is enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kommutator.connectors.crm.yclients.client import YClientsClient
from kommutator.connectors.crm.yclients.errors import YClientsError
from kommutator.connectors.crm.yclients.manifest import CALLS_PAGE, MAX_PAGES
from kommutator.connectors.crm.yclients.reads import salon_of
from kommutator.connectors.crm.yclients.values import (
    VENDOR_ZONE,
    as_int,
    as_moment,
    as_phone,
    wire_phone,
)
from kommutator.connectors.crm.yclients.wire import Reply, pairs_of
from kommutator.domain.commands import CallRecord, CallResult, Direction, RingPopup
from kommutator.domain.connection import Account
from kommutator.kit.errors import ErrorKind
from kommutator.kit.plain_json import as_text

PATH: Final = "/voip/integration"
TYPES: Final = {
    Direction.IN: "incoming",
    Direction.OUT: "outgoing",
    Direction.INTERNAL: "internal",
}
_NEAR = timedelta(seconds=2)  # two calls of one client do not begin closer


def voip_token(account: Account) -> str | None:
    """The chain's key; None: its telephony is not set up."""
    return account.secrets.get("voip_token") or None


async def setup(client: YClientsClient, token: str, *, enable: bool) -> Reply:
    """Switch the integration on or off; the vendor takes calls only while it is on."""
    return await say(client, token, command="setup", type="enable" if enable else "disable")


async def say(client: YClientsClient, token: str, **words: Any) -> Reply:
    """One command. A refused key is the chain's matter, not the salon's.

    Raises:
        YClientsError: `yclients_voip_refused`, or as every request.
    """
    body = {name: value for name, value in words.items() if value not in (None, "")}
    try:
        return await client.post(
            PATH, {**body, "crm_token": token}, user=False, hidden=(token,), quiet=True
        )
    except YClientsError as error:
        if error.hint in ("yclients_rights", "yclients_token_refused", "yclients_gone"):
            error.kind, error.hint = ErrorKind.REJECTED, "yclients_voip_refused"
        raise


def popup_of(popup: RingPopup) -> dict[str, Any]:
    """An incoming call. Where several phones ring the called number tells whose card it is."""
    alone = popup.extensions[0] if len(popup.extensions) == 1 or not popup.line else None
    return {
        "command": "event",
        "type": TYPES[Direction.IN],
        "phone": wire_phone(popup.client),
        "user": alone if popup.extensions else None,
        "diversion": wire_phone(popup.line or ""),
    }


def history_of(account: Account, record: CallRecord) -> dict[str, Any]:
    """A finished call, at the salon's own time."""
    answered = record.result is CallResult.ANSWERED
    return {
        "command": "history",
        "type": TYPES[record.direction],
        "phone": wire_phone(record.client),
        "user": record.extension,
        "diversion": wire_phone(record.line or ""),
        "duration": record.talk_s,
        "link": record.record_url,
        "call_id": record.call_id,
        "status": "success" if answered else "missed",
        "date": record.started_at.astimezone(zone_of(account)).isoformat(timespec="seconds"),
    }


async def find_call(client: YClientsClient, account: Account, record: CallRecord) -> str | None:
    """The vendor's id of a call that an earlier attempt may have written.

    It does not show our `call_id`, and in which zone its times are is not told: a call is known by
    number, direction, length and the moment in any zone that it may mean.
    """
    day = timedelta(days=1)
    params = {
        "salon_id": salon_of(account),
        "date_from": (record.started_at - day).date(),
        "date_to": (record.started_at + day).date(),
        "phone": wire_phone(record.client),
        "types": (TYPES[record.direction],),
        "limit": CALLS_PAGE,
    }
    moments = list(_moments(account, record.started_at))
    for page in range(1, MAX_PAGES + 1):
        reply = await client.get(f"{PATH}/calls", pairs_of(**params, page=page))
        for row in reply.rows:
            if _is(row, record, moments):
                return as_text(row.get("id"))
        if len(reply.rows) < CALLS_PAGE:
            break
    return None


def _is(row: dict[str, Any], record: CallRecord, moments: list[datetime]) -> bool:
    at = as_moment(row.get("call_date"))
    if at is None or as_phone(row.get("caller_phone")) != record.client:
        return False
    same = as_text(row.get("type")) == TYPES[record.direction]
    length = as_int(row.get("duration")) == record.talk_s
    if at.tzinfo is not None:
        return same and length and abs(at - record.started_at) <= _NEAR
    return same and length and any(abs(at - moment) <= _NEAR for moment in moments)


def _moments(account: Account, at: datetime) -> Iterator[datetime]:
    zones: tuple[tzinfo, ...] = (zone_of(account), VENDOR_ZONE)
    for zone in zones:
        yield at.astimezone(zone).replace(tzinfo=None)
    yield at.replace(tzinfo=None)  # UTC


def zone_of(account: Account) -> tzinfo:
    """The salon's zone; the vendor's own where this machine does not know it."""
    try:
        return ZoneInfo(account.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return VENDOR_ZONE
