"""Click-to-call and its cancellation as AMI actions, with every value checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from kommutator.connectors.pbx.asterisk.errors import InvalidField
from kommutator.domain.commands import CancelCall, OriginateCall, RingPhone

_DESTINATION = re.compile(r"\+?[0-9]{2,15}")
_EXTENSION = re.compile(r"[0-9]{2,6}")
_CALL_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")  # no "/", ";" or ",": it becomes a channel's id
_WORD = re.compile(r"[A-Za-z0-9_-]{1,79}")
_DEFAULT_TIMEOUT_S: Final = 20
_LONGEST_TIMEOUT_S: Final = 120
_TEST_S: Final = 5
_TEST_RINGS_S: Final = 20

Action = list[tuple[str, str]]


def originate(command: OriginateCall, config: Mapping[str, Any]) -> Action:
    """Ring the employee; when they answer, the dialplan's `context` dials the client.

    The employee's phone shows the client. `ChannelId` becomes Uniqueid and Linkedid, so
    events name the call as we do, and a second call under it is refused while it lives.

    Raises:
        InvalidField: a value that is no number, extension or name.
    """
    call_id = _checked(_CALL_ID, command.call_id, "call id")
    client = _checked(_DESTINATION, command.client, "number of the client")
    extension = _checked(_EXTENSION, command.extension, "extension")
    technology = _checked(_WORD, config.get("technology") or "PJSIP", "technology")
    context = _checked(_WORD, config.get("context") or "click2call", "context")
    variables = {"GW_CALL_ID": call_id, "GW_DIR": "out", "GW_CLIENT": client}
    if command.line:
        variables["GW_LINE"] = _checked(_DESTINATION, command.line, "company number")
    phone = f"{technology}/{extension}"
    if command.client_first:
        ways = _client_first(command, client, phone, context)
        variables["GW_AGENT"] = extension
    else:
        ways = _employee_first(client, phone, context, config)
    return [
        ("Action", "Originate"),
        *ways,
        ("ChannelId", call_id),
        ("Async", "true"),
        *(("Variable", f"__{name}={value}") for name, value in variables.items()),
    ]


def _employee_first(client: str, phone: str, context: str, config: Mapping[str, Any]) -> Action:
    return [
        ("Channel", phone),
        ("Context", context),
        ("Exten", client),
        ("Priority", "1"),
        ("CallerID", f'"{client}" <{client}>'),
        ("Timeout", str(_timeout_ms(config))),
    ]


def _client_first(command: OriginateCall, client: str, phone: str, context: str) -> Action:
    """The dialplan's own context dials the client, so trunk, line and recording are as for clicks.

    Whoever picks up is connected with the employee by `Dial`, which every Asterisk has; a client
    whom the employee leaves waiting is let go after `agent_ring_s`.
    """
    shown = client if command.line else command.extension
    return [
        ("Channel", f"Local/{client}@{context}"),
        ("Application", "Dial"),
        ("Data", f"{phone},{_seconds(command.agent_ring_s)},tT"),
        ("CallerID", f'"{shown}" <{shown}>'),
        ("Timeout", str(_seconds(command.client_ring_s) * 1000)),
        ("OtherChannelId", f"{command.call_id}-2"),
    ]


def _seconds(given: int) -> int:
    return min(max(given, 1), _LONGEST_TIMEOUT_S)


def ring(command: RingPhone, config: Mapping[str, Any]) -> Action:
    """Ring one phone; whoever picks up hears five seconds of silence and is let go.

    `Wait` is in every Asterisk and needs no sound files and no context. Raises InvalidField.
    """
    call_id = _checked(_CALL_ID, command.call_id, "call id")
    extension = _checked(_EXTENSION, command.extension, "extension")
    technology = _checked(_WORD, config.get("technology") or "PJSIP", "technology")
    return [
        ("Action", "Originate"),
        ("Channel", f"{technology}/{extension}"),
        ("Application", "Wait"),
        ("Data", str(_TEST_S)),
        ("CallerID", f'"Kommutator" <{extension}>'),
        ("Timeout", str(_TEST_RINGS_S * 1000)),
        ("ChannelId", call_id),
        ("Async", "true"),
    ]


def cancel(command: CancelCall) -> Action:
    """Hang up the employee's leg, and with it the whole call. Raises InvalidField."""
    call_id = _checked(_CALL_ID, command.call_id, "call id")
    return [("Action", "Hangup"), ("Channel", call_id), ("Cause", "16")]


def look_up(call_id: str | None) -> Action:
    """Is there a channel under our id? Raises InvalidField."""
    return [("Action", "Status"), ("Channel", _checked(_CALL_ID, call_id, "call id"))]


def _checked(pattern: re.Pattern[str], value: Any, what: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise InvalidField(f"not a valid {what}")
    return value


def _timeout_ms(config: Mapping[str, Any]) -> int:
    try:
        seconds = float(config.get("originate_timeout_s") or _DEFAULT_TIMEOUT_S)
    except (TypeError, ValueError):
        seconds = _DEFAULT_TIMEOUT_S
    return round(min(max(seconds, 1.0), _LONGEST_TIMEOUT_S) * 1000)
