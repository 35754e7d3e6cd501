"""Whether calls that may have been written really were: /calls knows no idempotency key.

A written call is a note somewhere: on a lead, a contact, a company or a customer, as the vendor
chose. Its `params.uniq` is the call's own id.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from kommutator.connectors.crm.amocrm.calls import RULE_CODE, SERVICE_CODE, uniq_of, unix
from kommutator.connectors.crm.amocrm.client import AmoCrmClient
from kommutator.connectors.crm.amocrm.errors import AmoCrmError
from kommutator.connectors.crm.amocrm.queries import page_pairs
from kommutator.connectors.crm.amocrm.schemas import as_int, tail
from kommutator.domain.commands import CallRecord, CreateUnsorted
from kommutator.domain.ports import Due
from kommutator.kit.errors import ErrorKind
from kommutator.kit.plain_json import as_map, as_text

Calls = Sequence[tuple[Due, CallRecord]]

_HOLDERS: Final = ("leads", "contacts", "companies", "customers")
_MOST_PAGES: Final = 40
_SLACK: Final = timedelta(minutes=10)  # between our clock and the vendor's
_TRAY_PAGES: Final = 4


async def find_calls(client: AmoCrmClient, calls: Calls) -> dict[int, str]:
    """`Due.id` → id of the note, for those that are there already.

    One question for all of them, newest notes first, back to the start of the earliest call.

    Raises:
        AmoCrmError: nobody knows, then.
    """
    wanted = {uniq_of(due): due.id for due, _ in calls}
    since = min(record.started_at for _, record in calls) - _SLACK
    found: dict[int, str] = {}
    for holder in _HOLDERS:
        if not wanted:
            break
        try:
            found |= await _notes_of(client, holder, wanted, since)
        except AmoCrmError as error:
            # An account without customers has no notes of them either.
            if holder != "customers" or error.kind not in (ErrorKind.REJECTED, ErrorKind.GONE):
                raise
    return found


async def _notes_of(
    client: AmoCrmClient, holder: str, wanted: dict[str, int], since: datetime
) -> dict[int, str]:
    """What is found leaves `wanted`."""
    found: dict[int, str] = {}
    first = unix(since)
    asked = [
        ("filter[note_type][]", "call_in"),
        ("filter[note_type][]", "call_out"),
        ("filter[updated_at][from]", str(first)),
        ("order[id]", "desc"),
    ]
    for number in range(1, _MOST_PAGES + 1):
        reply = await client.get(f"/api/v4/{holder}/notes", [*asked, *page_pairs(number)])
        rows = reply.embedded("notes")
        for row in rows:
            due_id = wanted.pop(as_text(as_map(row.get("params")).get("uniq")) or "", None)
            if due_id is not None:
                found[due_id] = str(row.get("id"))
        if not wanted or not reply.more or all(_latest(row) < first for row in rows):
            break
    return found


def _latest(row: dict[str, Any]) -> int:
    return max(as_int(row.get("updated_at")) or 0, as_int(row.get("created_at")) or 0)


async def find_in_tray(
    client: AmoCrmClient, command: CallRecord | CreateUnsorted
) -> dict[str, Any] | None:
    """The tray's card of this very call, ours, as the vendor lists it.

    Raises:
        AmoCrmError: nobody knows, then.
    """
    asked = [("filter[category][]", "sip"), ("order[created_at]", "desc")]
    first = unix(command.started_at - _SLACK)  # ours has the call's start as its own
    for number in range(1, _TRAY_PAGES + 1):
        reply = await client.get("/api/v4/leads/unsorted", [*asked, *page_pairs(number)])
        rows = reply.embedded("unsorted")
        for row in rows:
            if _is_of(as_map(row.get("metadata")), command):
                return row
        if not reply.more or all(_latest(row) < first for row in rows):
            break
    return None


def _is_of(metadata: dict[str, Any], command: CallRecord | CreateUnsorted) -> bool:
    if as_text(metadata.get("service_code")) not in (SERVICE_CODE, RULE_CODE):
        return False
    numbers = {tail(as_text(metadata.get(key)) or "") for key in ("phone", "from")}
    return as_int(metadata.get("called_at")) == unix(command.started_at) and (
        tail(command.client) in numbers
    )
