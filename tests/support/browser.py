"""A real browser for the console's tests: the distribution's Chromium, driven by Playwright.

Nothing is downloaded: Playwright's own browser builds are not used.
"""

import os
import shutil
from collections.abc import AsyncIterator
from typing import NoReturn

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

CHROMIUM_VARIABLE = "KOMMUTATOR_CHROMIUM"
LIMIT_MS = 10_000
_ARGUMENTS = [
    "--no-sandbox",  # root, and containers without user namespaces
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One headless Chromium per test process."""
    program = os.environ.get(CHROMIUM_VARIABLE) or shutil.which("chromium")
    if program is None:
        _no_browser("Chromium is not installed (Debian package 'chromium')")
    try:
        playwright = await async_playwright().start()
    except Exception as broken:  # noqa: BLE001 - the driver is a program; it raises no better
        _no_browser(f"Playwright's driver does not start: {broken} (Debian package 'libatomic1'?)")
    browser = await playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
    yield browser
    await browser.close()
    await playwright.stop()


@pytest.fixture
async def browser_context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A fresh profile: no cookies of other tests; texts in Russian, as most of our people."""
    context = await browser.new_context(
        locale="ru-RU", timezone_id="UTC", viewport={"width": 1280, "height": 900}
    )
    context.set_default_timeout(LIMIT_MS)
    yield context
    await context.close()


@pytest.fixture
async def page(browser_context: BrowserContext) -> AsyncIterator[Page]:
    """A fresh tab; an uncaught error of the page's scripts fails the test."""
    page = await browser_context.new_page()
    mistakes: list[str] = []
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    yield page
    assert mistakes == []


def _no_browser(reason: str) -> NoReturn:
    # CI installs a browser; there, silence would mean that the console goes untested.
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
