"""Where amoCRM tells that cards changed: acknowledged when it is on disk, judged later.

amoCRM waits two seconds, repeats four times, and switches a hook off for good after a hundred
bad answers in two hours; it signs nothing. So the address ends with a secret, the account that
the body names has to be the connection's, and nothing else of the body is looked at here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from starlette.types import Receive, Scope

from kommutator.connectors.crm.amocrm.hooks import dedupe_key
from kommutator.domain.connection import Account
from kommutator.domain.journal import Arrival, Receipt
from kommutator.doors.http.hot import NotForBrowsers, read_body
from kommutator.doors.http.hot_hooks import HotVendorHooks, described
from kommutator.flows.house import House
from kommutator.kit.errors import Forbidden, InvalidInput, TooMany, Unauthorized
from kommutator.kit.throttle import Throttle

PATH = "/api/v1/webhooks/amocrm"
SOURCE = "amocrm"
_RATE, _BURST = 1_000, 5_000  # per connection and process; a bulk change of an account is a storm
_FORM = b"application/x-www-form-urlencoded"
_BEGINS = re.compile(rb"[A-Za-z_]{1,40}(?:\[|%5b)", re.IGNORECASE)
_ACCOUNT_ID = re.compile(
    rb"(?:^|&)account(?:\[|%5b)id(?:\]|%5d)=([^&]{1,20})(?:&|$)", re.IGNORECASE
)
_SUBDOMAIN = re.compile(
    rb"(?:^|&)account(?:\[|%5b)subdomain(?:\]|%5d)=([^&]{1,100})(?:&|$)", re.IGNORECASE
)
_EVENT_TYPE = re.compile(r"[a-z_]{1,40}")
_OFFICIAL = (".amocrm.ru", ".amocrm.com", ".kommo.com")


class HotHooks(HotVendorHooks):
    """A hot door: `POST {PATH}/{secret}` and `{PATH}/{event_type}/{secret}`, bytes to bytes."""

    def __init__(self, house: House) -> None:
        super().__init__(house, PATH, house.metrics.amocrm_hooks)
        self._throttle = Throttle(_RATE, _BURST, house.clock)

    def openapi(self) -> Mapping[str, dict[str, Any]]:
        return openapi_paths()

    async def _take(self, scope: Scope, receive: Receive) -> Receipt:
        """A receipt means that it is committed; anything else means that it is not.

        Raises:
            NotForBrowsers: `amocrm_hook_post_only`.
            Unauthorized: `amocrm_hook_secret_missing`, `amocrm_hook_secret_unknown`.
            Forbidden: `amocrm_hook_foreign`: another account speaks.
            InvalidInput: `amocrm_hook_unreadable`. TooLarge, TooMany, Unavailable.
        """
        if scope["method"] != "POST":
            raise NotForBrowsers("amocrm_hook_post_only")
        event_type, secret = _address(scope["path"])
        account = await self._house.crm_hooks.sender(secret)
        headers = dict(scope["headers"])
        raw = await read_body(headers, receive, self._house.settings.max_body_bytes)
        _check(headers.get(b"content-type", b""), raw)
        _check_account(account, raw)
        if wait := self._throttle.take(account.connection_id.hex):
            raise TooMany("too_many_requests", retry_after=wait)
        told = headers.get(b"x-amocrm-requestid", b"").decode("latin-1") or None
        return await self._house.intake.accept(
            Arrival(
                enterprise=account.enterprise,
                source=SOURCE,
                kind=event_type or "hook",
                key=None,
                dedupe_key=f"{account.connection_id.hex}:{dedupe_key(raw, told)}",
                body=raw,
                connection_id=account.connection_id,
            )
        )


def _address(path: str) -> tuple[str | None, str]:
    """The event type, if the address names one, and the secret.

    Raises Unauthorized: `amocrm_hook_secret_missing`.
    """
    parts = path.removeprefix(f"{PATH}/").split("/")
    event_type = parts.pop(0) if len(parts) > 1 else None
    if len(parts) != 1 or "." not in parts[0]:
        raise Unauthorized("amocrm_hook_secret_missing")
    if event_type is not None and not _EVENT_TYPE.fullmatch(event_type):
        raise InvalidInput("amocrm_hook_unreadable")
    return event_type, parts[0]


def _check(content_type: bytes, raw: bytes) -> None:
    """Whether it looks like a form of amoCRM's. Raises InvalidInput: `amocrm_hook_unreadable`."""
    if not content_type.lower().startswith(_FORM) or not _BEGINS.match(raw):
        raise InvalidInput("amocrm_hook_unreadable")


def _check_account(account: Account, raw: bytes) -> None:
    """Somebody may have typed our address into another account's settings.

    The id decides; a subdomain alone counts only where our address of the account tells it.
    Raises Forbidden: `amocrm_hook_foreign`.
    """
    named, key = _ACCOUNT_ID.search(raw), account.account_key or ""
    if named is not None and key.isdigit():
        foreign = named[1].decode("latin-1") != key
    else:
        host = urlsplit(account.base_url).hostname or ""
        said = _SUBDOMAIN.search(raw)
        foreign = (
            said is not None
            and host.endswith(_OFFICIAL)
            and said[1].decode("latin-1").lower() != host.partition(".")[0]
        )
    if foreign:
        raise Forbidden("amocrm_hook_foreign")


def openapi_paths() -> dict[str, dict[str, Any]]:
    """How these routes are described."""
    return {
        f"{PATH}/{{secret}}": _described("take_amocrm_hook", "secret"),
        f"{PATH}/{{event_type}}/{{secret}}": _described(
            "take_amocrm_hook_of_type", "event_type", "secret"
        ),
    }


def _described(operation: str, *parameters: str) -> dict[str, Any]:
    texts = {
        "secret": "Of the connection, as we subscribed with it; nothing else proves the sender.",
        "event_type": "For people; what happened is read from the body.",
    }
    return described(
        operation,
        tag="amoCRM calls us",
        summary="Take a webhook of amoCRM",
        parameters={name: texts[name] for name in parameters},
        content_type=_FORM.decode(),
        status=HTTPStatus.NO_CONTENT,
    )
