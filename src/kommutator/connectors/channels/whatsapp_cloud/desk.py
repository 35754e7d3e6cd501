"""The unhurried side of the Cloud API: whose number it is, and how its news reach us."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from kommutator.connectors.channels.whatsapp_cloud.client import (
    CloudClient,
    CloudClients,
    number_of,
)
from kommutator.connectors.channels.whatsapp_cloud.errors import CloudError
from kommutator.connectors.channels.whatsapp_cloud.hooks import read_hook
from kommutator.connectors.channels.whatsapp_cloud.manifest import FIELDS, OBJECT_ID
from kommutator.domain.chats import ChatNews, Polled
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.message_templates import Approved
from kommutator.domain.ports import Probe
from kommutator.kit.clock import Clock
from kommutator.kit.errors import ErrorKind
from kommutator.kit.plain_json import as_map, as_text, maps_in

_OBJECT: Final = "whatsapp_business_account"
_LATE: Final = timedelta(hours=6)
_PLACE: Final = re.compile(r"\{\{\s*\w+\s*\}\}")


class CloudDesk:
    """Implements `domain.chats.ChannelDesk` and `domain.message_templates.TemplateDesk`."""

    kind = ConnectionKind.WHATSAPP_CLOUD

    def __init__(self, clients: CloudClients, *, clock: Clock) -> None:
        self._clients = clients
        self._clock = clock

    async def probe(self, account: Account) -> Probe:
        """Also whether the app secret is the token's: a wrong one would refuse every webhook."""
        for field in ("phone_number_id", "waba_id"):
            if OBJECT_ID.fullmatch(account.secrets.get(field, "")) is None:
                raise _refused(f"{field} is a number of Meta's", "whatsapp_cloud_unknown_id")
        client = self._clients.of(account)
        shown = (await client.number("id,verified_name,display_phone_number", proven=True)).body
        key, phone = as_text(shown.get("id")), as_text(shown.get("display_phone_number"))
        if key is None or phone is None:
            raise _refused("no phone number in the answer", "whatsapp_cloud_unknown_id")
        if key not in {as_text(one.get("id")) for one in await _numbers(client)}:
            raise _refused(
                "the number is not of this business account", "whatsapp_cloud_other_account"
            )
        name = as_text(shown.get("verified_name"))
        title = f"{name} {phone}" if name else phone
        return Probe(True, title, details={"key": key, "title": title})

    async def subscribe(self, account: Account, address: str, secret: str) -> None:
        """The app must hear of messages at all; this number's go to an address of its own."""
        client = self._clients.of(account)
        app_id = as_text((await client.app()).body.get("id")) or ""
        if OBJECT_ID.fullmatch(app_id) is None:
            raise _refused("no app in the answer", "whatsapp_cloud_rights")
        await self._let_app_hear(client, app_id, address, secret)
        await client.join()
        await client.lead(address, secret)

    async def _let_app_hear(
        self, client: CloudClient, app_id: str, address: str, secret: str
    ) -> None:
        """An app that brings messages somewhere already is left as it is."""
        kept = (await client.subscriptions(app_id)).body
        for one in maps_in(kept.get("data")):
            if one.get("object") == _OBJECT and as_text(one.get("callback_url")):
                if "messages" in {field.get("name") for field in maps_in(one.get("fields"))}:
                    return
                raise _refused(
                    "the app hears of other fields, not of messages", "whatsapp_cloud_app_fields"
                )
        order = {
            "object": _OBJECT, "callback_url": address, "verify_token": secret,
            "fields": ",".join(FIELDS),
        }  # fmt: skip
        await client.subscribe(app_id, order)

    async def unsubscribe(self, account: Account, address: str) -> None:  # noqa: ARG002  a number has one
        """Other numbers of the business account go on hearing."""
        client = self._clients.of(account)
        await client.lead("")
        own = number_of(account)
        if all(as_text(one.get("id")) == own for one in await _numbers(client)):
            await client.part()

    async def poll(self, account: Account, position: int) -> Polled:
        """Nobody can ask Meta for messages: a look whether they are brought here."""
        shown = (await self._clients.of(account).number("webhook_configuration")).body
        url = as_text(as_map(shown.get("webhook_configuration")).get("phone_number")) or ""
        if not url.endswith(f"/{account.connection_id.hex}"):
            raise _refused(
                "the number's webhooks go to another address", "whatsapp_cloud_webhook_lost"
            )
        return Polled((), position)

    def read(self, account: Account, body: bytes) -> Sequence[ChatNews]:
        """A webhook may be tried again for days: what is so old nobody should answer now."""
        before = self._clock.now() - _LATE
        return [
            replace(one, said=replace(one.said, late=True))
            if one.said is not None and one.said.at < before
            else one
            for one in read_hook(body, number_of(account))
        ]

    async def templates(self, account: Account) -> Sequence[Approved]:
        """Approved ones in whose body alone something is to be filled in."""
        reply = await self._clients.of(account).templates()
        found = (_approved(one) for one in maps_in(reply.body.get("data")))
        return [one for one in found if one is not None]


def _approved(shown: dict[str, Any]) -> Approved | None:
    """None: one that needs more than texts in places 1, 2 and so on of its body."""
    name, language = as_text(shown.get("name")), as_text(shown.get("language"))
    parts = list(maps_in(shown.get("components")))
    body = next((as_text(one.get("text")) for one in parts if one.get("type") == "BODY"), None)
    more = [one for one in parts if one.get("type") != "BODY" and _PLACE.search(str(one))]
    media = [one for one in parts if one.get("format") not in (None, "TEXT")]
    positional = shown.get("parameter_format") in (None, "POSITIONAL")
    if not (name and language and body and positional) or more or media:
        return None
    return Approved(name, language, len(set(_PLACE.findall(body))), body)


async def _numbers(client: CloudClient) -> Sequence[dict[str, object]]:
    return list(maps_in((await client.numbers()).body.get("data")))


def _refused(words: str, hint: str) -> CloudError:
    return CloudError(ErrorKind.REJECTED, words, hint=hint)
