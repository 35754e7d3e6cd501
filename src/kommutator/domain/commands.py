"""What we owe the outer world: one small type per kind, stored as JSON with its `kind` tag.

A command is told in the house's words; connectors translate it. All phones are E.164 when
the number could be parsed, else the digits as they came. All times are UTC.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Literal

import msgspec

from kommutator.domain.template_message import MessageTemplate


class Direction(StrEnum):
    IN = "in"
    OUT = "out"
    INTERNAL = "internal"


class CallResult(StrEnum):
    """How a call ended, seen from the client."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"  # rang out, declined, or nobody was there: the missed call
    BUSY = "busy"
    CANCELLED = "cancelled"  # the caller gave up
    FAILED = "failed"  # bad number, no route, trunk down
    NOT_ALLOWED = "not_allowed"


class _Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """Common frame. `live` ones are worthless after a minute; the others must arrive."""

    live: ClassVar[bool] = False
    call_id: str | None = None


class RingPopup(_Command, frozen=True, kw_only=True, tag="ring_popup"):
    """Show the client's card to whoever rings (in) or dials (out)."""

    live: ClassVar[bool] = True
    direction: Direction
    client: str
    extensions: tuple[str, ...]
    line: str | None = None  # the company's number that was called or shown
    site: str | None = None


class HangupPopup(_Command, frozen=True, kw_only=True, tag="hangup_popup"):
    """Take the card down and tell how it ended."""

    live: ClassVar[bool] = True
    direction: Direction
    client: str
    extensions: tuple[str, ...]
    result: CallResult
    line: str | None = None
    site: str | None = None


class CallRecord(_Command, frozen=True, kw_only=True, tag="call_record"):
    """One finished call for the CRM's history.

    Attributes:
        started_at: when the client's leg appeared.
        rang: of a missed inbound call, who rang, in order; empty for any other.
        wait_s: seconds from start to the conversation, or to the end if there was none.
        talk_s: seconds of conversation, 0 if none.
        extension: who talked last with the client; of a missed call, who rang first.
        record_url: a link that a browser can play without our login, or None.
    """

    direction: Direction
    client: str
    extension: str | None
    result: CallResult
    started_at: datetime
    wait_s: int
    talk_s: int
    line: str | None = None
    site: str | None = None
    record_url: str | None = None
    rang: tuple[str, ...] = ()


class CreateCustomer(_Command, frozen=True, kw_only=True, tag="create_customer"):
    """A client the CRM does not know yet. `rang` as in CallRecord, here and below."""

    client: str
    name: str
    extension: str | None = None  # whose client it becomes
    site: str | None = None
    rang: tuple[str, ...] = ()


class CreateOrder(_Command, frozen=True, kw_only=True, tag="create_order"):
    """An order (deal) opened by a call."""

    client: str
    method: str | None = None  # the CRM's code of the order method, e.g. "missed-call"
    extension: str | None = None
    site: str | None = None
    rang: tuple[str, ...] = ()


class CreateTask(_Command, frozen=True, kw_only=True, tag="create_task"):
    """A task for an employee, e.g. "call back".

    `due_at` None means as soon as possible; `performer` is an extension, or None for the
    client's own manager, falling back to `default_performer` (the CRM's user id). `lead_id`:
    on this very deal, where the CRM has such; else on what the CRM has of the client.
    """

    client: str
    text: str
    due_at: datetime | None = None
    performer: str | None = None
    default_performer: str | None = None
    site: str | None = None
    lead_id: int | None = None
    rang: tuple[str, ...] = ()


class CreateUnsorted(_Command, frozen=True, kw_only=True, tag="create_unsorted"):
    """Put a stranger's inbound call into the tray of what nobody has taken yet.

    Attributes:
        name: of the deal in it; empty: the client's number.
        started_at, talk_s: of the call, as in CallRecord.
    """

    client: str
    name: str
    started_at: datetime
    talk_s: int = 0
    line: str | None = None
    extension: str | None = None
    rang: tuple[str, ...] = ()


class MoveLead(_Command, frozen=True, kw_only=True, tag="move_lead"):
    """Put a deal into a stage. A stage is known by both ids: some repeat in every pipeline."""

    lead_id: int
    pipeline_id: int
    status_id: int


class AddNote(_Command, frozen=True, kw_only=True, tag="add_note"):
    """Write a line into the history of a card."""

    entity: Literal["leads", "contacts", "companies"]
    entity_id: int
    text: str


class OriginateCall(_Command, frozen=True, kw_only=True, tag="originate_call"):
    """Ring the employee's phone, then the client. Never repeated: a late ring is a wrong ring.

    `call_id` is chosen by us and becomes the PBX's unique id (Asterisk `ChannelId`).

    Attributes:
        client_first: the other way round; the employee is kept free meanwhile (campaigns).
        client_ring_s, agent_ring_s: how long phones ring then.
    """

    live: ClassVar[bool] = True
    extension: str
    client: str
    line: str | None = None
    requested_by: str
    client_first: bool = False
    client_ring_s: int = 30
    agent_ring_s: int = 20


class CancelCall(_Command, frozen=True, kw_only=True, tag="cancel_call"):
    """Hang up a call that we originated.

    `extension` and `client` as in its OriginateCall: a PBX that was not given our id is searched
    by them.
    """

    live: ClassVar[bool] = True
    extension: str | None = None
    client: str | None = None


class SetPresence(_Command, frozen=True, kw_only=True, tag="set_presence"):
    """An employee became free or busy on one side; the other side should know.

    On a PBX's lane: pause queues and set the device state. On a CRM's lane: the CRM's own status.
    `again`: told once more after a gap, in which people may have paused or freed by themselves.
    """

    live: ClassVar[bool] = True
    extension: str
    presence: Literal["free", "busy", "dinner", "break"]
    again: bool = False


class TakeCall(_Command, frozen=True, kw_only=True, tag="take_call"):
    """Move a ringing inbound call to another extension; whoever rings stops ringing.

    `leg` is the client's channel (its unique id). Never repeated: a call moved late is torn
    out of a conversation.
    """

    live: ClassVar[bool] = True
    leg: str
    extension: str
    requested_by: str


class RingPhone(_Command, frozen=True, kw_only=True, tag="ring_phone"):
    """Ring one extension and nobody else: the test of a phone. `call_id` as in OriginateCall."""

    live: ClassVar[bool] = True
    extension: str
    requested_by: str


class SendMessage(_Command, frozen=True, kw_only=True, tag="send_message"):
    """Write one text into a chat of a messenger.

    Attributes:
        chat_id: as the messenger names the chat.
        text: plain; what is longer than the messenger takes goes in several messages.
        about: what it tells of, such as "visit:123"; for people who look for it.
        not_after: a reminder that comes later is worthless and is given up instead.
        edits: the messenger's id of an earlier message that this one takes the place of.
        template: goes out instead of `text`, where free text may not.
    """

    chat_id: str
    text: str
    about: str = ""
    not_after: datetime | None = None
    edits: str | None = None
    template: MessageTemplate | None = None


class ReportMessages(_Command, frozen=True, kw_only=True, tag="report_messages"):
    """Tell the booking system what became of messages that it sent through us.

    Attributes:
        to: its address for such reports; where that holds our partner token, `{token}` stands.
        reports: our rows' ids at the vendor → status code (contract YClients §1.9).
    """

    to: str
    reports: tuple[tuple[str, int], ...]


Command = (
    RingPopup
    | HangupPopup
    | CallRecord
    | CreateCustomer
    | CreateOrder
    | CreateTask
    | CreateUnsorted
    | MoveLead
    | AddNote
    | OriginateCall
    | CancelCall
    | SetPresence
    | TakeCall
    | RingPhone
    | SendMessage
    | ReportMessages
)

_ENCODER = msgspec.json.Encoder()
_DECODER: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)


def encode(command: Command) -> bytes:
    """To the outbox."""
    return _ENCODER.encode(command)


def decode(raw: bytes | str) -> Command:
    """From the outbox.

    Raises:
        msgspec.ValidationError: a newer version wrote a kind we do not know.
    """
    return _DECODER.decode(raw)


def kind_of(command: Command) -> str:
    """The tag under which the command is stored, e.g. "call_record"."""
    tag: Any = type(command).__struct_config__.tag
    return str(tag)
