"""An administrator connects a PBX without AMI: the server's key is seen, compared, then saved."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from kommutator.kit.ssh_keys import fingerprint
from tests.console.conftest import Console, connect_crm
from tests.support.factories import value
from tests.support.ssh import USER, ShellServer, public_line

pytestmark = pytest.mark.browser

ASTERISK = """case "$2" in
"core show version") echo "Asterisk 22.10.1 built by nobody" ;;
esac"""


async def test_a_servers_key_is_saved_only_by_a_person(
    admin: Page, console: Console, tmp_path: Path
) -> None:
    server = ShellServer(tmp_path)
    server.asterisk(ASTERISK)
    await server.start()
    try:
        await admin.goto(f"{console.url}/console/connections/asterisk")
        await expect(admin.get_by_label("Пароль AMI")).to_be_visible()
        await admin.get_by_role("radio", name="SSH").check()
        await expect(admin.get_by_label("Пароль AMI")).to_be_hidden()
        await admin.get_by_label("Адрес АТС").fill("127.0.0.1")
        await admin.get_by_label("Порт SSH").fill(str(server.port))
        await admin.get_by_label("Пользователь SSH").fill(USER)
        await admin.get_by_label("Закрытый ключ SSH").fill("not a key")
        await admin.get_by_role("button", name="Сохранить и проверить").click()
        await expect(admin.locator("body")).to_contain_text("Это не закрытый ключ SSH.")

        await admin.get_by_label("Закрытый ключ SSH").fill(server.secret)
        await admin.get_by_role("button", name="Сохранить и проверить").click()
        shown = fingerprint(public_line(server.host_key))
        await expect(admin.locator("#result")).to_contain_text(shown)
        assert (server.greeted, server.lines) == (0, [])
        saved = "SELECT config->>'ssh_host_key' FROM connections WHERE kind = 'asterisk'"
        assert await value(console.house.db, saved) is None

        await admin.get_by_role("button", name="Отпечатки совпали, сохранить ключ").click()
        await expect(admin.locator("#result")).to_contain_text("Подключение работает")
        assert await value(console.house.db, saved) == public_line(server.host_key)
        await admin.reload()
        await expect(admin.locator("main")).to_contain_text(shown)
        assert "PRIVATE KEY-----\n" not in await admin.content()
    finally:
        await server.stop()


async def test_the_ways_of_statuses_are_two_switches(admin: Page, console: Console) -> None:
    await connect_crm(console)
    await admin.goto(f"{console.url}/console/connections/retailcrm")
    await expect(admin.get_by_label("Статус из CRM передавать на АТС")).to_be_checked()
    await admin.get_by_label("Паузу на АТС показывать в CRM").uncheck()
    async with admin.expect_response(lambda answer: answer.request.method == "POST"):
        await admin.get_by_role("button", name="Сохранить и проверить").click()
    await admin.reload()
    await expect(admin.get_by_label("Паузу на АТС показывать в CRM")).not_to_be_checked()
    await expect(admin.get_by_label("Статус из CRM передавать на АТС")).to_be_checked()
