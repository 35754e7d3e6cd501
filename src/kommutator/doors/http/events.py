"""The hot way in: events of a PBX by HTTP, acknowledged when they are on disk.

Bare ASGI and msgspec instead of FastAPI's machinery: this is the one door that takes thousands
of requests per second.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.types import Message, Receive, Scope, Send

from kommutator.domain.journal import Receipt
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission, enterprise_number
from kommutator.doors.http.hot import PLAIN_HEADERS, read_body, refuse
from kommutator.flows.api_keys import PREFIX
from kommutator.flows.house import House
from kommutator.kit.errors import InvalidInput, TooMany, Unauthorized
from kommutator.kit.throttle import Throttle

PATHS = ("/api/events", "/retailcrm/api/events")
"""The second is requirement 002's, in the all-in-one process."""

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_FRAME = ("enterprise_number", "event_type", "payload")
_MOST_FIELDS = 200
_HEADERS = [(b"content-type", b"application/json"), *PLAIN_HEADERS]


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


class HotEvents:
    """A hot door: the whole answer to one request for events, from bytes to bytes (ASGI)."""

    def __init__(self, house: House) -> None:
        settings = house.settings
        self._house = house
        self._throttle = Throttle(settings.events_rate, settings.events_burst, house.clock)
        counter = house.metrics.arrivals
        self._accepted = counter.labels("http", "accepted")
        self._duplicate = counter.labels("http", "duplicate")
        self._answered = house.metrics.http_requests.labels("POST", PATHS[0], "2xx")
        self._seconds = house.metrics.http_seconds.labels(PATHS[0])

    def addresses(self) -> Iterable[tuple[str, str]]:
        return [("POST", path) for path in PATHS]

    def openapi(self) -> Mapping[str, dict[str, Any]]:
        return {PATHS[0]: openapi_path()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        try:
            headers = dict(scope["headers"])
            raw = await read_body(headers, receive, self._house.settings.max_body_bytes)
            receipt = await self._accept(headers, raw)
        except Exception as error:  # noqa: BLE001  every refusal has the one shape of errors
            await refuse(self._house, error, scope, receive, send, route=PATHS[0])
            return
        (self._duplicate if receipt.duplicate else self._accepted).inc()
        answer = _ENCODER.encode(EventAnswer(True, receipt.duplicate, receipt.journal_id))
        await send(_head(200, answer))
        await send({"type": "http.response.body", "body": answer})
        self._answered.inc()
        self._seconds.observe(time.perf_counter() - began)

    async def _accept(self, headers: Mapping[bytes, bytes], raw: bytes) -> Receipt:
        """200 means that it is committed; anything else means that it is not.

        Raises:
            Unauthorized, Forbidden, NotFound: by key and enterprise.
            InvalidInput: `event_body_invalid`, or what `house.read_event` finds.
            TooMany: `too_many_requests`; Unavailable: `journal_unavailable`.
        """
        house = self._house
        actor = await _actor(house, headers)
        event, raw = _read(headers.get(b"content-type", b"").decode("latin-1"), raw)
        enterprise = await _enterprise(house, actor, event.enterprise_number)
        if wait := self._throttle.take(enterprise):
            raise TooMany("too_many_requests", retry_after=wait)
        return await house.intake.accept(
            house.read_event(enterprise, event.event_type, event.payload, raw)
        )


def _head(status: int, body: bytes) -> Message:
    headers = [*_HEADERS, (b"content-length", str(len(body)).encode())]
    return {"type": "http.response.start", "status": status, "headers": headers}


async def _actor(house: House, headers: Mapping[bytes, bytes]) -> Actor:
    """Machines only: keys, and tokens for trying out by hand."""
    if key := headers.get(b"x-api-key"):
        return await house.keys.actor(key.decode("latin-1"))
    scheme, _, value = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
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
