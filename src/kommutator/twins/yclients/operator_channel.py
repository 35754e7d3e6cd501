"""Hands messages of salons to the application that carries them, and takes statuses (§1.9)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp

from kommutator.twins.orders import OrderRefused
from kommutator.twins.yclients.applications import ACTIVE, Application, Connection
from kommutator.twins.yclients.messages import SERVICE, WHATSAPP, Message, Messages

if TYPE_CHECKING:
    from kommutator.twins.yclients.market import Market
    from kommutator.twins.yclients.world import World

Json = dict[str, Any]

STATUS_PATH = "/smsprovider/status/callback"
NO_ANSWER = 0


class OperatorChannel:
    """The sending side of YClients."""

    def __init__(self, world: World, market: Market) -> None:
        self._world = world
        self._market = market
        self.messages = Messages()

    def channels(self, company_id: int) -> list[str]:
        """What the connected applications of a salon offer now."""
        found: set[str] = set()
        for _, connection in self._carriers(company_id):
            found |= {slug for slug, is_there in connection.channels.items() if is_there}
        return sorted(found)

    async def send(
        self,
        company_id: int,
        phones: list[str],
        text: str,
        *,
        channel: str = WHATSAPP,
        dispatch_type: str = SERVICE,
        record_id: int | None = None,
    ) -> list[Message]:
        """One text to several phones, in one request unless the switch says one by one.

        Raises:
            OrderRefused: no application of the salon offers the channel.
        """
        application, connection = self._carrier(company_id, channel)
        sender = (connection.short_names or [self._world.company(company_id).title])[0]
        made = []
        for phone in phones:
            message = Message(
                id=self.messages.next_id(),
                company_id=company_id,
                application_id=application.id,
                phone=phone,
                text=text,
                channel=channel,
                dispatch_type=dispatch_type,
                sender=sender,
                at=self._local(company_id),
                record_id=record_id,
            )
            self.messages.add(message)
            made.append(message)
        if self._world.switches.operator_params == "list":
            await self._post(application, connection, made)
        else:
            await asyncio.gather(*(self._post(application, connection, [one]) for one in made))
        return made

    def statuses(self, rows: list[Json]) -> None:
        """Take what the operator tells of messages later."""
        for row in rows:
            self.messages.status(row)
        self._world.core.bell.ring()

    def callback_url(self) -> str:
        """Where statuses go; holds the partner token, as in the real thing."""
        root = self._world.core.base_url
        return f"{root}{STATUS_PATH}/{self._world.standing.partner_token}"

    def _local(self, company_id: int) -> str:
        return f"{self._world.local_now(self._world.company(company_id)):%Y-%m-%d %H:%M:%S}"

    def _carriers(self, company_id: int) -> list[tuple[Application, Connection]]:
        pairs = [
            (application, self._market.connection(application, company_id))
            for application in self._market.applications.values()
            if application.operator_url
        ]
        return [pair for pair in pairs if pair[1].status == ACTIVE]

    def _carrier(self, company_id: int, channel: str) -> tuple[Application, Connection]:
        for application, connection in self._carriers(company_id):
            if connection.channels.get(channel):
                return application, connection
        raise OrderRefused(f"no application carries {channel} of {company_id}")

    async def _post(
        self, application: Application, connection: Connection, messages: list[Message]
    ) -> None:
        url, body = str(application.operator_url), self._body(messages)
        headers = {"Authorization": f"Bearer {connection.api_key or ''}"}
        timeout = aiohttp.ClientTimeout(total=self._world.switches.operator_answer_seconds)
        http, rows = NO_ANSWER, None
        try:
            async with (
                self._world.core.browser() as browser,
                browser.post(
                    url, json=body, headers=headers, timeout=timeout, allow_redirects=False
                ) as answer,
            ):
                http = answer.status
                rows = await answer.json(content_type=None)
        except (aiohttp.ClientError, ValueError, OSError):
            pass  # `http` tells whether anybody answered, no rows that it was no JSON
        found = {
            str(row.get("id")): row
            for row in (rows if isinstance(rows, list) else [])
            if isinstance(row, dict)
        }
        for message in messages:
            message.answered(http, found.get(message.id))
            self.messages.named(message)
        self._world.core.bell.ring()

    def _body(self, messages: list[Message]) -> Json:
        switches, first = self._world.switches, messages[0]
        people = [{"id": one.id, "phone": one.phone} for one in messages]
        return {
            "destination_params": people if switches.operator_params == "list" else people[0],
            "from": first.sender,
            "text": first.text,
            switches.operator_kind: first.channel,
            "dispatch_type": first.dispatch_type,
            "delivery_callback_url": self.callback_url(),
        }
