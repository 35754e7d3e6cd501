"""Where YClients tells that something of a salon changed: acknowledged when it is on disk.

The vendor waits ten seconds, hardly repeats, and signs nothing. So the address ends with a
secret, the salon that the body names has to be the connection's, and nothing else of the body is
believed: whatever it tells of is read again.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from kommutator.connectors.crm.yclients.hooks import Notice, read_notice
from kommutator.domain.connection import Account
from kommutator.domain.journal import Arrival, Receipt
from kommutator.doors.http.hot import PLAIN_HEADERS, NotForBrowsers, read_body, refuse
from kommutator.flows.house import House
from kommutator.flows.salon.hooks import PATH
from kommutator.kit.errors import Forbidden, TooMany
from kommutator.kit.ids import Ids
from kommutator.kit.throttle import Throttle

SOURCE = "yclients"
_ROUTE = f"{PATH}/{{secret}}"  # as metrics name it
_METHODS = ("POST", "GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")
_RATE, _BURST = 200, 2_000  # per salon and process; a bulk change of a salon is a storm
_OK: Message = {
    "type": "http.response.start",
    "status": HTTPStatus.OK,
    "headers": [*PLAIN_HEADERS, (b"content-type", b"application/json")],
}
_ACCEPTED: Message = {"type": "http.response.body", "body": b'{"success":true}'}


class HotSalonHooks:
    """A hot door: `POST {PATH}/{secret}`, bytes to bytes."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._throttle = Throttle(_RATE, _BURST, house.clock)
        self._outcomes = house.metrics.yclients_hooks
        self._answered = house.metrics.http_requests.labels("POST", _ROUTE, "2xx")
        self._seconds = house.metrics.http_seconds.labels(_ROUTE)

    def addresses(self) -> Iterable[tuple[str, str]]:
        return [(method, f"{PATH}/") for method in _METHODS]

    def openapi(self) -> Mapping[str, dict[str, Any]]:
        return openapi_paths()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        try:
            receipt = await self._take(scope, receive)
        except Exception as error:  # noqa: BLE001  every refusal has the one shape of errors
            self._outcomes.labels("refused").inc()
            await refuse(self._house, error, scope, receive, send, route=_ROUTE)
            return
        self._outcomes.labels("duplicate" if receipt.duplicate else "received").inc()
        await send(_OK)
        await send(_ACCEPTED)
        self._answered.inc()
        self._seconds.observe(time.perf_counter() - began)

    async def _take(self, scope: Scope, receive: Receive) -> Receipt:
        """A receipt means that it is committed; anything else means that it is not.

        Raises:
            NotForBrowsers: `yclients_hook_post_only`.
            Unauthorized: `yclients_hook_secret_unknown`.
            Forbidden: `yclients_hook_foreign`: another salon speaks.
            InvalidInput: `yclients_hook_malformed`. TooLarge, TooMany, Unavailable.
        """
        if scope["method"] != "POST":
            raise NotForBrowsers("yclients_hook_post_only")
        secret = scope["path"].removeprefix(f"{PATH}/")
        account = await self._house.yclients.hooks.sender(secret)
        headers = dict(scope["headers"])
        raw = await read_body(headers, receive, self._house.settings.max_body_bytes)
        notice = read_notice(raw)
        if str(notice.salon_id) != account.account_key:
            raise Forbidden("yclients_hook_foreign")
        if wait := self._throttle.take(account.connection_id.hex):
            raise TooMany("too_many_requests", retry_after=wait)
        return await self._house.intake.accept(
            Arrival(
                enterprise=account.enterprise,
                source=SOURCE,
                kind=notice.kind,
                key=None,
                dedupe_key=dedupe_key(account, raw, notice, self._house.ids),
                body=raw,
                connection_id=account.connection_id,
            )
        )


def dedupe_key(account: Account, body: bytes, notice: Notice, ids: Ids) -> str:
    """By the whole body.

    Not by what it tells of and when: the vendor's moments are whole seconds, in which more than
    one thing may happen to a visit, and we want to hear of each. Of a thing that bears no moment
    each notice is news: a price that comes back, or a schedule, of which the body tells nothing,
    is spelt as it was the time before.
    """
    once = ids.uuid().hex if notice.changed_at is None else hashlib.sha256(body).hexdigest()
    return f"{account.connection_id.hex}:{once}"


def openapi_paths() -> dict[str, dict[str, Any]]:
    """How this route is described; FastAPI does not see hot doors."""
    errors = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}}
    return {
        _ROUTE: {
            "post": {
                "tags": ["YClients calls us"],
                "operationId": "take_yclients_hook",
                "summary": "Take news of a salon",
                "description": "Answers 200 after it is committed to disk. It is judged later.",
                "security": [],
                "parameters": [
                    {
                        "name": "secret",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string"},
                        "description": "Of the connection; nothing else proves the sender.",
                    }
                ],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"type": "object"}}},
                },
                "responses": {
                    "200": {"description": "It is on disk."},
                    "4XX": {"description": "Not accepted.", "content": errors},
                    "5XX": {"description": "Not accepted; try again.", "content": errors},
                },
            }
        }
    }
