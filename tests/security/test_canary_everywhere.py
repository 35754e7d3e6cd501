"""Promise: no secret leaves. A whole installation is used, abused and broken, then searched."""

import base64
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
import pytest
from yarl import URL

from kommutator.domain.connection import ConnectionKind
from kommutator.flows.secrets import open_account
from tests.support.house import MASTER_KEYS
from tests.support.town import ADMIN_PASSWORD, METRICS_TOKEN, Tenant, Town, free_port, open_town
from tests.support.waiting import eventually

AMI_SECRET = "canary-ami-secret-not-real-2f81"
WRONG_PASSWORD = "canary-wrong-password-not-real-77c0"
WRONG_KEY = "kmt_canary-wrong-key-not-real-4a12"
WRONG_CLIENT_ID = "canary-wrong-client-id-not-real-9d3e"
ADMIN = "admin@example.com"
MOST_PAGES = 150
_LINK = re.compile(r'(?:href|src|hx-get|action)="([^"#]+)')
_WAITS = re.compile(r"[?&]seen=[^&]*$")  # with it a page answers when there is news


@dataclass
class Search:
    """All that was said, and what must not be among it."""

    canaries: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)

    def add(self, where: str, text: str) -> None:
        self.said[where] = self.said.get(where, "") + "\n" + text

    def leaks(self) -> list[tuple[str, str]]:
        found = []
        for where, text in self.said.items():
            for name, canary in self.canaries.items():
                raw = canary.encode()
                spelled = (canary, html.escape(canary), raw.hex(), base64.b64encode(raw).decode())
                if any(form in text for form in spelled):
                    found.append((name, where))
        return found


@dataclass
class Visitor:
    """A browser or script; everything it is answered is searched."""

    town: Town
    http: aiohttp.ClientSession
    search: Search

    async def __call__(
        self, method: str, path: str, *, secret_answer: bool = False, **options: Any
    ) -> str:
        """`secret_answer`: this answer is meant to hold a secret, for its owner."""
        async with self.http.request(method, urljoin(self.town.url, path), **options) as answer:
            text = await answer.text(errors="replace")
            if not secret_answer:
                headers = "\n".join(
                    f"{k}: {v}" for k, v in answer.headers.items() if k.lower() != "set-cookie"
                )
                self.search.add(f"{method} {urlsplit(path).path}", f"{headers}\n{text}")
            return text


async def secrets_of(town: Town, tenant: Tenant) -> dict[str, str]:
    stored = await town.seat.house.set_up.stored(tenant.number, ConnectionKind.RETAILCRM)
    account = open_account(town.seat.house.vault, stored)
    return {
        "CRM key": tenant.crm.key,
        "clientId": account.secrets["client_id"],
        "events key": tenant.key,
        "AMI secret": AMI_SECRET,
        "master key": MASTER_KEYS.partition(":")[2],
        "metrics token": METRICS_TOKEN,
        "admin password": ADMIN_PASSWORD,
        "database password": URL(town.dsn).password or "no password",
        "wrong password": WRONG_PASSWORD,
        "wrong key": WRONG_KEY,
        "wrong clientId": WRONG_CLIENT_ID,
    }


async def sign_in(visit: Visitor) -> None:
    """As the administrator: a session for pages, a token for the API."""
    await visit("GET", "/console/login")
    form = {"email": ADMIN, "next": "/console/"}
    for password in (WRONG_PASSWORD, ADMIN_PASSWORD):
        typed = {**form, "password": password}
        await visit("POST", "/console/login", data=typed, headers={"Origin": visit.town.url})
        body = {"email": ADMIN, "password": password}
        token = await visit("POST", "/api/v1/auth/login", json=body, secret_answer=True)
    visit.search.canaries["token"] = token.split('"access_token":"')[1].split('"')[0]
    cookies = {cookie.key: cookie.value for cookie in visit.http.cookie_jar}
    visit.search.canaries["session"] = cookies["kommutator"]


async def abuse(visit: Visitor, tenant: Tenant, client_id: str) -> None:
    """What strangers and broken senders do."""
    event = tenant.event("dial", "canary-1", phone="+375000000070", extensions=["150"])
    keys = (WRONG_KEY, tenant.key)
    for key in keys:
        for body in (event, {"enterprise_number": "1"}, [key], {**event, "payload": key}):
            await visit("POST", "/api/events", json=body, headers={"X-API-Key": key})
        bearer = {"Authorization": f"Bearer {key}"}
        await visit("POST", "/api/events", json=event, headers=bearer)
        await visit("GET", "/api/v1/calls", headers=bearer)
        await visit("GET", "/metrics", headers={**bearer, "X-Forwarded-For": "203.0.113.9"})
    for given in (WRONG_CLIENT_ID, client_id):
        for path in ("make-call", "status"):
            query = {"clientId": given, "code": "150", "phone": "+375000000071", "status": "busy"}
            await visit("GET", f"/retailcrm/{path}", params=query)
            await visit("POST", f"/retailcrm/{path}", data={**query, "phone": "nobody"})
            await visit("POST", f"/retailcrm/{path}", data={"clientId": given})
        await visit("POST", "/retailcrm/hooks/activity", data={"clientId": given, "activity": "{"})
    await visit("POST", "/api/events", data=b"\x00\xff{", headers={"X-API-Key": tenant.key})
    await visit("GET", "/nowhere", headers={"X-API-Key": tenant.key})


async def break_the_crm(visit: Visitor, tenant: Tenant, client_id: str) -> None:
    """The CRM fails in every way, and says our secrets back to us while it does."""
    echo = f'{{"success":false,"errorMsg":"key {tenant.crm.key} of {client_id}"}}'
    faults: list[Mapping[str, Any]] = [
        {"kind": "reply", "status": 400, "body": echo},
        {"kind": "reply", "status": 500, "body": echo},
        {"kind": "garbage"},
        {"kind": "drop"},
        {"kind": "html_502"},
        {"kind": "json_503"},
        {"kind": "reply", "status": 403, "body": echo},
    ]
    for number, fault in enumerate(faults):
        await tenant.crm.order("faults", **fault, count=1)
        event = tenant.event(
            "dial", f"broken-{number}", phone=f"+37500000010{number}", extensions=["150"]
        )
        await visit("POST", "/api/events", json=event, headers={"X-API-Key": tenant.key})
        sql = "SELECT count(*) FROM attempts WHERE status = 'error' AND outbox_id IS NOT NULL"
        await eventually(lambda sql=sql, n=number: _more(visit.town, sql, n))


async def _more(town: Town, sql: str, number: int) -> bool:
    return await town.value(sql) > number


async def crawl(visit: Visitor) -> int:
    """Every page and download that can be reached by links."""
    todo, seen = ["/console/", "/console/diagnostics/download", "/api/v1/openapi.json"], set()
    while todo and len(seen) < MOST_PAGES:
        path = _WAITS.sub("", todo.pop(0))
        if path in seen or "logout" in path or "/static/" in path:
            continue
        seen.add(path)
        text = await visit("GET", path)
        for link in _LINK.findall(text):
            target = urlsplit(urljoin(f"{visit.town.url}{path}", html.unescape(link)))
            if f"{target.scheme}://{target.netloc}" == visit.town.url:
                todo.append(target.path + (f"?{target.query}" if target.query else ""))
    return len(seen)


async def dump(town: Town) -> dict[str, str]:
    """All rows of all tables and views, as text; bytes as hexadecimal."""
    names = await town.fetch(
        "SELECT relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
        "WHERE nspname = 'public' AND relkind IN ('r', 'v', 'm', 'p')"
    )
    tables = {}
    for row in names:
        rows = await town.fetch(f'SELECT t::text AS line FROM "{row["name"]}" t')
        tables[row["name"]] = "\n".join(r["line"] for r in rows)
    return tables


@pytest.mark.timeout(240)
async def test_no_canary_is_seen_anywhere(database_url: str, tmp_path: Path) -> None:
    search = Search()
    async with open_town(database_url, tmp_path, log_level="debug") as town:
        (tenant,) = town.tenants
        search.canaries |= await secrets_of(town, tenant)
        client_id = search.canaries["clientId"]
        await town.connect_pbx(tenant, free_port(), "gateway", AMI_SECRET)
        process = await town.up()
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as http:
            visit = Visitor(town, http, search)
            await sign_in(visit)
            await abuse(visit, tenant, client_id)
            await break_the_crm(visit, tenant, client_id)
            await tenant.crm.order("open-account")
            pages = await crawl(visit)
            bearer = {"Authorization": f"Bearer {METRICS_TOKEN}"}
            for path in ("/metrics", "/stats", "/health", "/ready"):
                await visit("GET", path, headers=bearer)
        await process.terminate()
        search.add("log", process.text())
        for name, text in (await dump(town)).items():
            search.add(f"table {name}", text)
    assert pages > 15, pages
    assert "retailcrm" in search.said["table connections"]
    assert "key *** of ***" in search.said["table attempts"]  # the CRM did say them
    assert len(search.said["log"]) > 500
    assert search.leaks() == []
