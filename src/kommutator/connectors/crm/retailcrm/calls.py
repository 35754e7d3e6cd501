"""Calls in the vendor's words: events for pop-ups and items of the call history. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kommutator.connectors.crm.retailcrm.errors import RetailCrmError
from kommutator.connectors.crm.retailcrm.schemas import local_time, without_blanks
from kommutator.domain.commands import CallRecord, CallResult, HangupPopup, RingPopup
from kommutator.domain.connection import Account
from kommutator.domain.ports import Due
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.kit.phones import same_number

HANGUP_STATUS: Mapping[CallResult, str] = {
    CallResult.ANSWERED: "answered",
    CallResult.NO_ANSWER: "no answered",  # the vendor's spelling here, another one below
    CallResult.BUSY: "busy",
    CallResult.CANCELLED: "cancel",
    CallResult.FAILED: "failed",
    CallResult.NOT_ALLOWED: "failed",
}
RECORD_RESULT: Mapping[CallResult, str] = {
    CallResult.ANSWERED: "answered",
    CallResult.NO_ANSWER: "no answer",
    CallResult.BUSY: "busy",
    CallResult.CANCELLED: "no answer",  # no "cancel" here; the trigger of missed calls must fire
    CallResult.FAILED: "failed",
    CallResult.NOT_ALLOWED: "not allowed",
}


def external_id(call_id: str | None, due: Due) -> str:
    """By which the vendor knows a call again, in pop-ups and in the history alike."""
    return call_id or f"kommutator-{due.id}"


def event_of(account: Account, due: Due, command: RingPopup | HangupPopup) -> dict[str, Any]:
    """The `event` of /telephony/call/event."""
    hangup = isinstance(command, HangupPopup)
    event = {
        "phone": command.client,
        "type": "hangup" if hangup else command.direction.value,
        "codes": list(command.extensions),
        "callExternalId": external_id(command.call_id, due),
        "externalPhone": command.line,
        "site": site_of(account, command.site, command.line),
    }
    if isinstance(command, HangupPopup):
        event["hangupStatus"] = HANGUP_STATUS[command.result]
    return without_blanks(event)


def record_of(account: Account, due: Due, command: CallRecord) -> dict[str, Any]:
    """One item of /telephony/calls/upload, its date in the account's zone.

    Raises:
        RetailCrmError: OURS, if this machine does not know the zone.
    """
    return without_blanks(
        {
            "date": local_time(command.started_at, zone_of(account)),
            "type": command.direction.value,
            "phone": command.client,
            "code": command.extension,
            "result": RECORD_RESULT[command.result],
            "duration": command.talk_s,
            "durationWaiting": command.wait_s,
            "externalId": external_id(command.call_id, due),
            "recordUrl": command.record_url,
            "externalPhone": command.line,
            "site": site_of(account, command.site, command.line),
        }
    )


def site_of(account: Account, site: str | None, line: str | None) -> str | None:
    """The shop: said by the command, else the line's, else the default one."""
    lines = account.config.get("lines") or {}
    if site is None and line is not None:
        site = next((code for number, code in lines.items() if same_number(number, line)), None)
    return site or account.config.get("default_site")


def zone_of(account: Account) -> ZoneInfo:
    try:
        return ZoneInfo(account.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise RetailCrmError(
            ErrorKind.OURS,
            f"unknown time zone {account.time_zone!r}",
            stage=Stage.BEFORE_SENDING,
            hint="time_zone_unknown",
        ) from error
