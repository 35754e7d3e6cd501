"""What the PBX's own scripts, or our own click, tell about a call as a whole."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from kommutator.domain.commands import CallResult, Direction


class ReportKind(StrEnum):
    DIAL = "dial"
    BRIDGE = "bridge"
    HANGUP = "hangup"
    DOWNLOAD = "download"


class Report(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message of requirement 002's HTTP stream.

    Attributes:
        at: epoch seconds when it happened, by the sender's clock or else by ours.
        started_at, answered_at, ended_at: epoch seconds, where the message tells them.
        talk_s: seconds of conversation, where the message tells it.
        result: how the call ended, None when the word was not understood or is missing.
    """

    kind: ReportKind
    call: str
    at: float
    direction: Direction | None = None
    client: str | None = None
    line: str | None = None
    extensions: tuple[str, ...] = ()
    result: CallResult | None = None
    started_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    talk_s: int | None = None
    record_url: str | None = None


class ClickCancelled(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever clicked, or somebody above, wants the call no more. `at`: epoch seconds."""

    call: str
    at: float


class Click(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An employee wants to be connected with a client. Journalled with source "click".

    Attributes:
        call_id: chosen by us; the PBX takes it over as its own id of the call.
        extension: whose phone rings first.
        requested_by: who pressed it, for people: an e-mail, a key, a CRM user.
        blind: the PBX could not be given the id, and tells of the call under one of its own.
        client_first: the client's phone rings first, then the employee's.
    """

    call_id: str
    extension: str
    client: str
    requested_by: str
    line: str | None = None
    blind: bool = False
    client_first: bool = False
