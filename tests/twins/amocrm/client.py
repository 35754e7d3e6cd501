"""A plain client of the twin: says exactly what goes over the wire, decides nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp


@dataclass(frozen=True)
class Reply:
    status: int
    text: str
    content_type: str
    headers: Any

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Amo:
    http: aiohttp.ClientSession
    root: str  # of the twin
    base_url: str  # of the account
    account: str
    integration: dict[str, Any]
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    async def send(self, method: str, url: str, **options: Any) -> Reply:
        async with self.http.request(method, url, allow_redirects=False, **options) as answer:
            return Reply(answer.status, await answer.text(), answer.content_type, answer.headers)

    async def api(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        sent = {"Authorization": f"Bearer {self.token}", **self.headers, **headers}
        url = f"{self.base_url}/api/v4/{path}"
        return await self.send(method, url, json=body, headers=sent)

    async def get(self, path: str, **headers: str) -> Reply:
        return await self.api("GET", path, **headers)

    async def order(self, path: str, /, **body: Any) -> Any:
        """POST to a control path for this account."""
        url = f"{self.root}/_twin/{path}"
        answer = await self.send("POST", url, json={"account": self.account, **body})
        return answer.json

    async def switch(self, **wanted: Any) -> None:
        answer = await self.send("POST", f"{self.root}/_twin/switches", json=wanted)
        assert answer.status == 200, answer.text

    async def fault(self, **order: Any) -> None:
        answer = await self.send("POST", f"{self.root}/_twin/faults", json=order)
        assert answer.status == 200, answer.text

    async def state(self) -> Any:
        return (await self.send("GET", f"{self.root}/_twin/state?account={self.account}")).json

    async def exchange(self, **fields: Any) -> Reply:
        """The token endpoint, as JSON, with this integration's own words unless others given."""
        mine = self.integration
        body = {key: mine[key] for key in ("client_id", "client_secret", "redirect_uri")} | fields
        return await self.send("POST", f"{self.base_url}/oauth2/access_token", json=body)

    async def code(self, **order: Any) -> str:
        mine = {"client_id": self.integration["client_id"]}
        location: str = (await self.order("oauth/grant", state="s1", **mine, **order))["location"]
        return location.partition("code=")[2].partition("&")[0]

    async def pair(self) -> dict[str, Any]:
        answer = await self.exchange(grant_type="authorization_code", code=await self.code())
        pair: dict[str, Any] = answer.json
        return pair

    async def refresh(self, token: str) -> Reply:
        return await self.exchange(grant_type="refresh_token", refresh_token=token)


def sample(name: str) -> Any:
    """A sample of the vendor's by the end of its file's name."""
    (path,) = (Path(__file__).parent / "samples").glob(f"*{name}.json")
    return json.loads(path.read_text("utf-8"))
