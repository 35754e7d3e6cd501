"""Where YClients tells that something of a salon changed: acknowledged when it is on disk.

The vendor waits ten seconds, hardly repeats, and signs nothing. So the address ends with a
secret, the salon that the body names has to be the connection's, and nothing else of the body is
believed: whatever it tells of is read again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.types import Receive, Scope

from kommutator.connectors.crm.yclients.hooks import Notice, read_notice
from kommutator.domain.connection import Account
from kommutator.domain.journal import Arrival, Receipt
from kommutator.doors.http.hot import NotForBrowsers, read_body
from kommutator.doors.http.hot_hooks import HotVendorHooks, described
from kommutator.flows.house import House
from kommutator.flows.salon.hooks import PATH
from kommutator.kit.errors import Forbidden, TooMany
from kommutator.kit.ids import Ids
from kommutator.kit.throttle import Throttle

SOURCE = "yclients"
_RATE, _BURST = 200, 2_000  # per salon and process; a bulk change of a salon is a storm
_ACCEPTED = b'{"success":true}'


class HotSalonHooks(HotVendorHooks):
    """A hot door: `POST {PATH}/{secret}`, bytes to bytes."""

    def __init__(self, house: House) -> None:
        super().__init__(house, PATH, house.metrics.yclients_hooks, accepted=_ACCEPTED)
        self._throttle = Throttle(_RATE, _BURST, house.clock)

    def openapi(self) -> Mapping[str, dict[str, Any]]:
        return openapi_paths()

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
    """How this route is described."""
    secret = "Of the connection; nothing else proves the sender."  # noqa: S105  what it is
    return {
        f"{PATH}/{{secret}}": described(
            "take_yclients_hook",
            tag="YClients calls us",
            summary="Take news of a salon",
            parameters={"secret": secret},
            content_type="application/json",
            status=HTTPStatus.OK,
        )
    }
