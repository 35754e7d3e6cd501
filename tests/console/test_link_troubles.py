"""What is wrong with the link to a PBX, told in the reader's language with what to do about it."""

from collections.abc import AsyncIterator
from html import unescape

import pytest

from kommutator.connectors.pbx.asterisk.errors import trouble_of
from kommutator.kit.texts import Texts
from tests.console.conftest import ADMIN, Console, connect_pbx
from tests.console.visitor import Visitor, visiting
from tests.support.factories import execute

SAID = {
    "the PBX does not answer: ConnectionRefusedError": "down",
    "the link to the PBX is down": "down",
    "the link to the PBX was closed: EOF": "down",
    "the link to the PBX broke: ConnectionResetError": "down",
    "the SSH connection to the PBX broke": "down",
    "Authentication failed": "login_refused",
    "the server refuses this user or this key": "login_refused",
    "the PBX accepts connections but says nothing": "silent",
    "no answer from the PBX within 5 s": "silent",
    "log-in got no answer: no answer from the PBX within 5 s": "silent",
    "this is not an Asterisk manager interface": "not_ami",
    "the PBX's certificate is not trusted: self-signed certificate": "tls",
    "events come faster than they can be stored": "too_many_events",
    "the server shows another key than the saved one": "host_key",
    "Asterisk ending (0).": None,
}


@pytest.fixture
async def visitor(console: Console) -> AsyncIterator[Visitor]:
    async with visiting(console) as made:
        yield made


@pytest.mark.parametrize(("words", "slug"), SAID.items())
def test_every_trouble_of_the_link_is_known(words: str, slug: str | None) -> None:
    assert trouble_of(words) == slug


async def test_diagnostics_say_it_with_the_repair_and_keep_the_pbxs_words(
    visitor: Visitor, console: Console
) -> None:
    await connect_pbx(console)
    words = "Authentication failed"
    await execute(
        console.house.db,
        "INSERT INTO lanes (lane, enterprise, connection_id, lease_until, last_error, "
        "last_error_at) SELECT 'pbx:' || id, enterprise, id, '-infinity', $1, now() "
        "FROM connections WHERE kind = 'asterisk'",
        words,
    )
    await visitor.sign_in(ADMIN)
    _, page, _ = await visitor.get("/console/diagnostics")
    texts: Texts = console.house.texts
    for said in ("link.login_refused", "link.login_refused.action"):
        assert texts.translate("en", said) in unescape(page)
    assert words in page
