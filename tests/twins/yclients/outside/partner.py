"""A partner of the fake YClients: what it asks, and where it is called back."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from kommutator.twins.yclients.changes import By
from kommutator.twins.yclients.company import Company
from kommutator.twins.yclients.records_book import Draft, add_record, lines_of
from kommutator.twins.yclients.rows import Client, Record
from tests.support.yclients_town import ACCEPT, SALON, Reply, YTown

CONNECTION = f"/marketplace/salon/{SALON}/application"


@dataclass
class Partner(YTown):
    """The town as its partner sees it: the marketplace, and where a salon's people connect."""

    @property
    def app(self) -> int:
        return self.world.standing.application_id

    @property
    def salon(self) -> Company:
        return self.world.company(SALON)

    async def send(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, user: str = ""
    ) -> Reply:
        """One request of a whole path, by the partner's token unless another is given."""
        bearer = f"Bearer {token or self.partner_token}"
        headers = {"Authorization": bearer + (f", User {user}" if user else ""), "Accept": ACCEPT}
        async with self.http.request(
            method, self.url + path, json=body, headers=headers, allow_redirects=False
        ) as answer:
            return Reply(answer.status, await answer.text(), answer.headers)

    async def as_system(self, method: str, path: str, body: Any = None) -> Reply:
        return await self.send(method, path, body, user=self.user_token)

    async def owner(self, method: str, path: str, body: Any = None) -> Reply:
        return await self.send(method, path, body, user=self.owner_token)

    async def refused(self, path: str, /, **body: Any) -> int:
        """A control path that must not; the status."""
        async with self.http.post(f"{self.url}/_twin/{path}", json=body) as answer:
            assert "error" in await answer.json()
            return answer.status

    async def callback(self, salon: int = SALON, **more: Any) -> Reply:
        body = {"salon_id": salon, "application_id": self.app, **more}
        return await self.send("POST", "/marketplace/partner/callback", body)

    async def installed(self, *salons: int, **more: Any) -> None:
        """Connect and call back."""
        wanted = list(salons or (SALON,))
        await self.order("market/connect", salon_ids=wanted)
        for salon in wanted:
            answer = await self.callback(salon, **more)
            assert answer.status == 201, answer.text

    async def letters(self, count: int, **query: str | int) -> list[dict[str, Any]]:
        told = await self.look("letters", count=count, timeout=5, **query)
        assert told["ok"], told
        return list(told["items"])

    async def status(self, salon: int = SALON) -> str:
        """How the application stands, as the API says; `404` is a word too."""
        path = f"/marketplace/salon/{salon}/application/{self.app}"
        answer = await self.send("GET", path)
        if answer.status != 200:
            return str(answer.status)
        return str(answer.data["connection_status"]["status"])

    def write_in(self, *, by: By | None = None, hours: int = 48, **more: Any) -> Record:
        """A visit of somebody new in the first salon, `hours` from now, by a hand if not told."""
        company = self.salon
        staff = next(iter(company.staff.values()))
        number = self.world.next_id("client")
        client = Client(number, "Зоя", f"7000{number % 10_000_000:07d}", surname="Новая")
        company.put_client(client)
        service = next(iter(staff.lengths))
        start: datetime = self.world.local_now(company) + timedelta(hours=hours)
        draft = Draft(
            staff_id=staff.id,
            start=start.replace(minute=0, second=0, microsecond=0),
            seance_length=staff.lengths[service],
            services=lines_of(company, staff.id, [service]),
            client=client,
            **more,
        )
        return add_record(self.world, company, draft, by or By())


@dataclass
class Hearer:
    """Where a partner is called: keeps what comes, answers what it is told to."""

    base_url: str = ""
    status: int = 200
    answer: Any = None
    silent: bool = False
    bodies: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    async def serve(self, request: web.Request) -> web.Response:
        text = await request.text()
        self.bodies.append(json.loads(text) if text else None)
        self.headers.append(dict(request.headers))
        if self.silent:
            await asyncio.Event().wait()
        if callable(self.answer):
            return web.json_response(self.answer(self.bodies[-1]), status=self.status)
        return web.Response(status=self.status, text=f"heard {request.path_qs}")
