"""The dialplan asks whose phone shall ring, while the client already hears the ringing tone.

A hot door (200 questions a second, 10 ms at the 99th percentile). Whatever goes wrong, the body
is empty or an extension: a dialplan that looks at nothing else still does the right thing.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import structlog
from starlette.types import Receive, Scope, Send

from kommutator.domain.connection import Account
from kommutator.doors.http.hot import PLAIN_HEADERS
from kommutator.flows.house import House
from kommutator.flows.secrets import digest
from kommutator.kit.errors import InternalError, TooMany, Unauthorized, Unavailable, UserError
from kommutator.kit.throttle import Throttle
from kommutator.store.driver import is_transient

PATH = "/asterisk/route"
_RATE, _BURST = 500, 1000  # per PBX and second: some ten times what one Asterisk can switch
_MOST_FIELDS = 20
_SENDER_S = 0.2
_REMEMBERED = 4096
_SECRET_HEADER = b"x-kommutator-secret"
_HEADERS = [(b"content-type", b"text/plain; charset=utf-8"), *PLAIN_HEADERS]
_log = structlog.get_logger(__name__)


class HotRoute:
    """`GET /asterisk/route` from bytes to bytes (ASGI)."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._throttle = Throttle(_RATE, _BURST, house.clock)
        self._senders: OrderedDict[bytes, Account] = OrderedDict()
        self._answered = house.metrics.http_requests.labels("GET", PATH, "2xx")
        self._seconds = house.metrics.http_seconds.labels(PATH)

    def addresses(self) -> Iterable[tuple[str, str]]:
        return [("GET", PATH)]

    def openapi(self) -> Mapping[str, dict[str, Any]]:
        return {PATH: openapi_path()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  a GET has no body worth waiting for
        began = time.perf_counter()
        try:
            extension = await self._ask(scope)
        except UserError as error:
            await self._refuse(send, error.status, error.code)
            return
        except Exception as error:  # noqa: BLE001  the last net: the group rings, the log tells
            await self._fail(send, error)
            return
        await _say(send, 200, (extension or "").encode())
        self._answered.inc()
        self._seconds.observe(time.perf_counter() - began)

    async def _ask(self, scope: Scope) -> str | None:
        """Raises Unauthorized: `hook_secret_unknown`; TooMany; Unavailable."""
        account = await self._sender(_secret(scope))
        if wait := self._throttle.take(str(account.connection_id)):
            raise TooMany("too_many_requests", retry_after=wait)
        query = _query(scope)
        answer = await self._house.route.ask(
            account, query.get("caller", ""), query.get("did", ""), query.get("id", "")
        )
        return answer.extension

    async def _sender(self, secret: str) -> Account:
        """By the directory; while the database is away, whoever was known by this secret."""
        key = digest(secret)
        try:
            async with asyncio.timeout(_SENDER_S):
                account = await self._house.pbx_hooks.sender(secret)
        except Unauthorized:
            self._senders.pop(key, None)
            raise
        except Exception as error:
            if not is_transient(error):
                raise
            if key in self._senders:
                return self._senders[key]
            raise Unavailable("database_unavailable") from error
        self._senders[key] = account
        self._senders.move_to_end(key)
        if len(self._senders) > _REMEMBERED:
            self._senders.popitem(last=False)
        return account

    async def _fail(self, send: Send, error: Exception) -> None:
        error_id = self._house.ids.uuid().hex
        _log.error("route.door_failed", error_id=error_id, exc_info=error)
        self._house.metrics.errors.labels("http").inc()
        await self._refuse(send, 500, type(InternalError(error_id)).__name__)

    async def _refuse(self, send: Send, status: int, code: str) -> None:
        await _say(send, status, b"", (b"x-error-code", code.encode()))
        self._house.metrics.http_requests.labels("GET", PATH, f"{status // 100}xx").inc()


async def _say(send: Send, status: int, body: bytes, *more: tuple[bytes, bytes]) -> None:
    headers = [*_HEADERS, (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _secret(scope: Scope) -> str:
    headers: Mapping[bytes, bytes] = dict(scope["headers"])
    if secret := headers.get(_SECRET_HEADER):
        return secret.decode("latin-1")
    scheme, _, value = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def _query(scope: Scope) -> dict[str, str]:
    """Untrusted texts; what cannot be read counts as not sent."""
    raw = scope.get("query_string", b"").decode("latin-1")
    try:
        return dict(parse_qsl(raw, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        return {}


def openapi_path() -> dict[str, Any]:
    """How this route is described; FastAPI does not see hot doors."""
    texts = {
        "caller": "The client's number as the PBX shows it; empty if hidden.",
        "did": "The company number that was called.",
        "id": "The PBX's id of the client's channel (Uniqueid).",
    }
    empty = {"text/plain": {"schema": {"type": "string", "maxLength": 0}}}
    return {
        "get": {
            "tags": ["routing"],
            "operationId": "route_call",
            "summary": "Say whose phone should ring",
            "description": (
                "For the dialplan's `CURL()`. Answers from our own phone book within 250 ms; an "
                "empty body means: the PBX's own group. The secret is the Asterisk connection's."
            ),
            "security": [{"HookSecret": []}],
            "parameters": [
                {"name": name, "in": "query", "schema": {"type": "string"}, "description": text}
                for name, text in texts.items()
            ],
            "responses": {
                "200": {
                    "description": "The extension to ring, or nothing.",
                    "content": {
                        "text/plain": {
                            "schema": {"type": "string", "pattern": "^([0-9]{2,6})?$"},
                            "example": "152",
                        }
                    },
                },
                "4XX": {
                    "description": "Not answered; why is in `X-Error-Code`.",
                    "content": empty,
                },
                "5XX": {"description": "Not answered; the group should ring.", "content": empty},
            },
        }
    }
