"""The browser the console's tests stand on."""

import pytest
from playwright.async_api import Page

pytestmark = pytest.mark.browser


async def test_page_runs_scripts(page: Page) -> None:
    await page.set_content("<p id=p></p><script>p.textContent = 6 * 7</script>")
    assert await page.inner_text("#p") == "42"
