"""The hot way in: events of a PBX by HTTP, acknowledged when they are on disk.

A plain Starlette route and msgspec instead of FastAPI's machinery: this is the one door that
takes thousands of requests per second.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission, enterprise_number
from kommutator.flows.api_keys import PREFIX
from kommutator.flows.house import House
from kommutator.kit.errors import InvalidInput, TooMany, Unauthorized

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_FRAME = ("enterprise_number", "event_type", "payload")
_MOST_FIELDS = 200


class EventBody(msgspec.Struct):
    """What the requirement's services send."""

    enterprise_number: str
    event_type: str
    payload: dict[str, Any]


class EventAnswer(msgspec.Struct):
    """`journal_id` is null for a repeat of what we already have."""

    success: bool
    duplicate: bool
    journal_id: int | None


_BODY = msgspec.json.Decoder(EventBody)
_OBJECT = msgspec.json.Decoder(dict[str, Any])
_ENCODER = msgspec.json.Encoder()


async def take_event(request: Request) -> Response:
    """`POST /api/events`: 200 means it is committed; anything else means it is not.

    Raises:
        Unauthorized, Forbidden, NotFound: by key and enterprise.
        InvalidInput: `event_body_invalid`, or what `house.read_event` finds.
        TooMany: `too_many_requests`; Unavailable: `journal_unavailable`.
    """
    request.state.route = "/api/events"
    house: House = request.app.state.house
    actor = await _actor(house, request)
    raw = await request.body()
    event, raw = _read(request.headers.get("content-type", _JSON), raw)
    enterprise = await _enterprise(house, actor, event.enterprise_number)
    if wait := request.app.state.events_throttle.take(enterprise):
        raise TooMany("too_many_requests", retry_after=wait)
    arrival = house.read_event(enterprise, event.event_type, event.payload, raw)
    receipt = await house.intake.accept(arrival)
    outcome = "duplicate" if receipt.duplicate else "accepted"
    house.metrics.arrivals.labels("http", outcome).inc()
    answer = EventAnswer(True, receipt.duplicate, receipt.journal_id)
    return Response(_ENCODER.encode(answer), media_type=_JSON)


async def _actor(house: House, request: Request) -> Actor:
    """Machines only: keys, and tokens for trying out by hand."""
    if key := request.headers.get("x-api-key"):
        return await house.keys.actor(key)
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not value:
        raise Unauthorized("key_missing")
    value = value.strip()
    return await (house.keys if value.startswith(PREFIX) else house.tokens).actor(value)


async def _enterprise(house: House, actor: Actor, number: str) -> EnterpriseNumber:
    enterprise = actor.demand(Permission.SEND_EVENTS, enterprise_number(number))
    if actor.enterprise is None:
        await house.directory.known(enterprise)
    return enterprise


def _read(content_type: str, raw: bytes) -> tuple[EventBody, bytes]:
    """The event, and the bytes to be journalled: a form is rewritten as the JSON it means."""
    if content_type.startswith(_FORM):
        event = _from_form(raw)
        return event, _ENCODER.encode(event)
    try:
        return _BODY.decode(raw), raw
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput("event_body_invalid", reason=str(error)[:200]) from None


def _from_form(raw: bytes) -> EventBody:
    """`payload` as a JSON text, or its fields beside the two others."""
    try:
        fields = dict(parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
        payload = _OBJECT.decode(fields["payload"]) if "payload" in fields else None
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise InvalidInput("event_body_invalid", reason=str(error)[:200]) from None
    if payload is None:
        payload = {name: value for name, value in fields.items() if name not in _FRAME}
    return EventBody(fields.get("enterprise_number", ""), fields.get("event_type", ""), payload)


def openapi_path() -> dict[str, Any]:
    """How this route is described; FastAPI does not see plain routes."""
    body = {
        "type": "object",
        "required": ["enterprise_number", "event_type", "payload"],
        "properties": {
            "enterprise_number": {"type": "string", "pattern": "^[0-9]{1,10}$"},
            "event_type": {"type": "string", "description": "dial, bridge, hangup, download …"},
            "payload": {"type": "object", "description": "The event as the PBX tells it."},
        },
    }
    answer = {
        "type": "object",
        "required": ["success", "duplicate", "journal_id"],
        "properties": {
            "success": {"type": "boolean"},
            "duplicate": {"type": "boolean"},
            "journal_id": {"type": ["integer", "null"]},
        },
    }
    errors = {"$ref": "#/components/schemas/ErrorAnswer"}
    return {
        "post": {
            "tags": ["events"],
            "operationId": "take_event",
            "summary": "Take an event of the PBX",
            "description": "Answers 200 after the event is committed to disk. Needs `send_events`.",
            "security": [{"ApiKey": []}, {"Token": []}],
            "requestBody": {
                "required": True,
                "content": {_JSON: {"schema": body}, _FORM: {"schema": body}},
            },
            "responses": {
                "200": {
                    "description": "It is on disk.",
                    "content": {_JSON: {"schema": answer}},
                },
                "4XX": {
                    "description": "Not accepted.",
                    "content": {_JSON: {"schema": errors}},
                },
                "5XX": {
                    "description": "Not accepted; try again.",
                    "content": {_JSON: {"schema": errors}},
                },
            },
        }
    }
