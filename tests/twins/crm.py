"""A plain client of the twin: says exactly what goes over the wire, decides nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import aiohttp

PHONE_OF_TESTOV = "+70000000101"


@dataclass(frozen=True)
class Reply:
    status: int
    text: str
    content_type: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Crm:
    http: aiohttp.ClientSession
    base_url: str  # of the account
    root: str  # of the twin
    key: str
    limited_key: str
    account: str = "demo"

    async def send(self, method: str, url: str, **options: Any) -> Reply:
        async with self.http.request(method, url, **options) as answer:
            return Reply(answer.status, await answer.text(), answer.content_type)

    async def get(self, path: str, *, key: str | None = None, query: str = "") -> Reply:
        url = f"{self.base_url}/api{path}" + (f"?{query}" if query else "")
        return await self.send("GET", url, headers={"X-API-KEY": key or self.key})

    async def post(self, path: str, *, key: str | None = None, **fields: Any) -> Reply:
        """Structures travel as JSON strings in form fields, plain values as they are."""
        form = {
            name: json.dumps(value) if isinstance(value, dict | list) else str(value)
            for name, value in fields.items()
        }
        headers = {"X-API-KEY": key or self.key}
        return await self.send("POST", f"{self.base_url}/api{path}", data=form, headers=headers)

    async def order(self, path: str, /, **body: Any) -> Any:
        """POST to a control path."""
        url = f"{self.root}/_twin/{path}"
        return (await self.send("POST", url, json={"account": self.account, **body})).json

    async def control(self, path: str, /, **body: Any) -> Reply:
        """POST to a control path, nothing added."""
        return await self.send("POST", f"{self.root}/_twin/{path}", json=body)

    async def state(self) -> Any:
        url = f"{self.root}/_twin/state?account={self.account}"
        return (await self.send("GET", url)).json

    async def register(self, **changes: Any) -> Reply:
        entity = module_entity() | changes
        return await self.post("/v5/integration-modules/kommutator/edit", integrationModule=entity)

    async def ring(self, **changes: Any) -> Reply:
        event = {"phone": PHONE_OF_TESTOV, "type": "in", "codes": ["101"]} | changes
        return await self.post("/v5/telephony/call/event", event=event)

    async def upload(self, *calls: dict[str, Any]) -> Reply:
        return await self.post("/v5/telephony/calls/upload", calls=list(calls))


def module_entity(gateway: str = "http://127.0.0.1:9") -> dict[str, Any]:
    return {
        "code": "kommutator",
        "integrationCode": "kommutator",
        "active": True,
        "name": "Kommutator",
        "logo": f"{gateway}/logo.svg",
        "clientId": "client-0001",
        "baseUrl": gateway,
        "actions": {"activity": "/activity", "settings": "/settings"},
        "accountUrl": f"{gateway}/account",
        "integrations": {
            "telephony": {
                "makeCallUrl": f"{gateway}/make-call",
                "changeUserStatusUrl": f"{gateway}/status",
                "allowEdit": False,
                "inputEventSupported": True,
                "additionalCodes": [
                    {"userId": 19, "code": "101"},
                    {"userId": "18", "code": "102"},
                ],
                "externalPhones": [{"siteCode": "shop-main", "externalPhone": "+70000000900"}],
            }
        },
    }


def finished_call(external_id: str = "call-1", **changes: Any) -> dict[str, Any]:
    return {
        "date": "2026-01-20 10:00:00",
        "type": "in",
        "phone": PHONE_OF_TESTOV,
        "code": "101",
        "result": "answered",
        "duration": 12,
        "externalId": external_id,
    } | changes
