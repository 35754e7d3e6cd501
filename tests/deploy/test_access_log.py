"""No client's number lies in an access log: not in ours, which is none, nor in the proxy's."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kommutator.app import _FAMILIES
from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from kommutator.kit.redact import Redactor
from tests.support.asgi import Asgi
from tests.support.house import open_house, settle_tenant
from tests.support.logs import caught_logs
from tests.support.whatsapp_house import HERE

SNIPPET = Path(__file__).parents[2] / "deploy" / "snippets" / "kommutator-log.conf"
_RULE = re.compile(r'^    "~(\S+)" "?([^";]+)"?;$', re.MULTILINE)
NUMBER = "375000000070"


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with open_house(database_url) as built:
        yield built


def logged(address: str) -> str:
    """What nginx writes for it: the first expression of the map that fits."""
    for pattern, value in _RULE.findall(SNIPPET.read_text()):
        if found := re.match(pattern.replace("(?<", "(?P<"), address):
            return re.sub(r"\$(\w+)", lambda name: found[name[1]], value)
    raise AssertionError(f"nothing fits {address}")


@pytest.mark.parametrize(
    ("address", "line"),
    [
        (f"/api/v1/outreach?phone=%2B{NUMBER}", "/api/v1/outreach"),
        (f"/api/v1/consents/%2B{NUMBER}", "/api/v1/consents/*"),
        ("/console/outreach", "/console/outreach"),
    ],
)
def test_the_proxy_keeps_the_path(address: str, line: str) -> None:
    assert logged(address) == line


async def test_every_path_with_a_number_is_covered(house: House) -> None:
    """A new one fails here until the proxy's rules know it."""
    paths = create_app(house, families=_FAMILIES).openapi()["paths"]
    named = [path for path in paths if "{phone}" in path]
    assert len(named) >= 3
    for path in named:
        assert NUMBER not in logged(re.sub(r"\{[^}]*\}", NUMBER, path)), path


async def test_our_own_log_holds_no_address(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = await settle_tenant(house, HERE)
    app = Asgi(create_app(house, families=_FAMILIES), headers=tenant.headers)
    addresses = [f"/api/v1/outreach?phone=%2B{NUMBER}", f"/api/v1/consents/%2B{NUMBER}"]
    with caught_logs(Redactor(), level="debug") as log:
        for address in (*addresses, f"/api/v1/nowhere/{NUMBER}"):
            await app.get(address)

        async def broken(*_given: object, **_more: object) -> None:
            raise RuntimeError

        monkeypatch.setattr(house.outreach, "log", broken)
        assert (await app.get(addresses[0])).status == 500
    assert "http.unexpected" in log.getvalue()
    assert NUMBER not in log.getvalue()
