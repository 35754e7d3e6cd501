"""Every page opens in a house that has everything: salons that were read, both messengers."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from html import unescape

import aiohttp
import pytest

from kommutator.domain.connection import ConnectionKind
from tests.support.booking_service import BookingService, open_booking
from tests.support.house import PASSWORD
from tests.support.messengers import open_messenger
from tests.support.waiting import eventually
from tests.support.yclients_service import HERE

MOST_PAGES = 150
_LINK = re.compile(r'(?:href|hx-get)="(/console/[^"#]*)')
_WAITS = re.compile(r"[?&]seen=[^&]*$")  # with it a page answers when there is news
_OF_ASSISTANT = (
    "", "/try", "/names", "/texts", "/reminders", "/reviews", "/outreach", "/outreach/log",
)  # fmt: skip
_LEAVES = ("/console/logout", "/console/static")


@pytest.fixture
async def salon(database_url: str) -> AsyncIterator[BookingService]:
    async with AsyncExitStack() as stack:
        telegram = await stack.enter_async_context(open_messenger("telegram"))
        avito = await stack.enter_async_context(open_messenger("avito"))
        opened = await stack.enter_async_context(
            open_booking(
                database_url,
                telegram_api_url=telegram.url,
                telegram_links_url=f"{telegram.url}/t.me",
                avito_api_url=avito.url,
            )
        )
        house, admin = opened.service.house, opened.service.admin
        bot = (await telegram.look("credentials"))["bots"][0]
        seller = (await avito.look("credentials"))["accounts"][0]
        keys = {name: seller[name] for name in ("client_id", "client_secret")}
        connect = house.channels.connect
        await connect(admin, HERE, ConnectionKind.TELEGRAM, {"token": bot["token"]})
        await connect(admin, HERE, ConnectionKind.AVITO, keys)
        await telegram.order("start", id=501, first_name="Ксения")
        await telegram.order("say", chat="501", text="позовите администратора")
        await eventually(partial(_talked, opened), 30.0)
        yield opened


async def _talked(opened: BookingService) -> bool:
    return bool(await opened.service.value("SELECT count(*) FROM conversations"))


async def test_no_page_breaks(salon: BookingService) -> None:
    base = salon.service.url
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(base, cookie_jar=jar) as http:
        form = {"email": salon.service.here.admin.email, "password": PASSWORD}
        async with http.post(
            "/console/login", data={**form, "next": "/console/"}, headers={"Origin": base}
        ) as entered:
            assert entered.status == 200, await entered.text()
        seen, broken = await crawl(http)
    assert broken == []
    assert {"/console/channels", "/console/notices/new", "/console/salons"} <= seen
    assert any(path.endswith("/day") for path in seen)
    assert any(re.fullmatch(r"/console/inbox/\d+", path) for path in seen)
    assert {f"/console/assistant{page}" for page in _OF_ASSISTANT} <= seen


async def crawl(http: aiohttp.ClientSession) -> tuple[set[str], list[tuple[str, int]]]:
    """Follow every link: all that were seen, and what answered 400 or more."""
    waiting, seen, shapes = ["/console/"], {"/console/"}, dict[str, int]()
    broken: list[tuple[str, int]] = []
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop(0)
        async with http.get(path) as answer:
            text = await answer.text(errors="replace")
            if answer.status >= 400:
                broken.append((path, answer.status))
        for link in map(unescape, _LINK.findall(text)):
            shape = re.sub(r"[0-9a-f-]{8,}|\d+", "#", link)
            known = shapes.setdefault(shape, 0)
            if link in seen or known >= 2 or link.startswith(_LEAVES) or _WAITS.search(link):
                continue
            shapes[shape] += 1
            seen.add(link)
            waiting.append(link)
    return seen, broken
