"""The check-up and the test ring on a real Asterisk, with the process that holds its link."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from kommutator.app import Application
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.finding import Finding
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.flows.forms import ConnectionForm
from kommutator.twins.pbx.behaviour import BUSY, RINGS_ON, answers
from kommutator.twins.pbx.config import PbxConfig
from kommutator.twins.pbx.phone import Phone
from kommutator.twins.pbx.server import PrivateAsterisk
from tests.support.factories import value
from tests.support.house import settings_for_tests, vault_of
from tests.support.pbx import AsteriskMaker, Office
from tests.support.waiting import eventually

pytestmark = pytest.mark.pbx

E = EnterpriseNumber("0367")
ADMIN = Actor("admin@0367.example", Role.ENTERPRISE_ADMIN, E)
_PBX_CHECKS = ("pbx_link", "pbx_login", "pbx_rights", "pbx_clock", "pbx_dialplan", "pbx_events",
               "pbx_phones", "pbx_secret")  # fmt: skip


@asynccontextmanager
async def running(dsn: str, home: Path, asterisk: PrivateAsterisk) -> AsyncIterator[Application]:
    """A process of all roles that holds the link to this Asterisk."""
    settings = settings_for_tests(home=str(home))
    async with AsyncExitStack() as stack:
        made = Application(settings, dsn, vault_of(settings), roles=("worker", "pbx"))
        application = await stack.enter_async_context(made)
        house = application.house
        async with house.db.unit() as unit:
            await unit.enterprises.create(E, name="June")
            for number in ("150", "151"):
                await unit.extensions.put(E, number)
        form = ConnectionForm(
            ConnectionKind.ASTERISK,
            asterisk.host,
            secrets={"ami_user": asterisk.ami_user, "ami_secret": asterisk.ami_secret},
            config={"ami_port": asterisk.ports.ami},
        )
        record = await house.set_up.save(ADMIN, E, form)
        await house.set_up.activate(ADMIN, E, ConnectionKind.ASTERISK)
        house.directory.clear()
        await eventually(lambda: application.links.link_of(record.id))
        yield application


async def pbx_findings(application: Application) -> dict[str, Finding]:
    found = await application.house.doctor.enterprise(E)
    return {finding.check: finding for finding in found if finding.check in _PBX_CHECKS}


async def held(application: Application) -> bool:
    return (await pbx_findings(application))["pbx_link"].word == "ok"


async def test_a_sound_pbx_is_green_and_a_phone_that_leaves_is_named(
    office: Office, database_url: str, tmp_path: Path
) -> None:
    async with running(database_url, tmp_path, office.asterisk) as application:
        await eventually(lambda: held(application))
        found = await pbx_findings(application)
        words = {check: finding.word for check, finding in found.items()}
        rights = words.pop("pbx_rights")
        assert set(words.values()) == {"ok"}, words
        assert rights in ("ok", "partly")
        assert abs(found["pbx_clock"].facts["seconds"]) < 0.5
        assert found["pbx_phones"].facts["there"] == 2

        await office["151"].unregister()
        gone = (await pbx_findings(application))["pbx_phones"]
        assert (gone.word, gone.facts["numbers"]) == ("away", "151")
        await office["151"].register()


async def test_a_pbx_without_our_contexts_variables_and_rights(
    make_asterisk: AsteriskMaker, database_url: str, tmp_path: Path
) -> None:
    asterisk = await make_asterisk(PbxConfig(config_files={"extensions.conf": "[other]\n"}))
    manager = asterisk.run / "etc/manager.conf"
    text = manager.read_text().replace("timestampevents = yes", "timestampevents = no")
    text = text.replace("GW_CALL_ID,GW_DIR,", "").replace(
        "write = call,originate", "write = call,log"
    )
    manager.write_text(text)
    await asterisk.rx("manager reload")
    async with running(database_url, tmp_path, asterisk) as application:
        found = {c: f.word for c, f in (await pbx_findings(application)).items()}
        assert found["pbx_dialplan"] == "no_click"
        assert found["pbx_rights"] == "missing"
        assert found["pbx_events"] == "no_variables"
        assert found["pbx_phones"] == "away"
        manager.write_text(text.replace("= GW_RECFILE", "= GW_CALL_ID,GW_DIR,GW_RECFILE"))
        await asterisk.rx("manager reload")
        found = {c: f.word for c, f in (await pbx_findings(application)).items()}
        assert found["pbx_events"] == "no_stamps"


async def test_a_wrong_secret_and_a_stopped_pbx(
    make_asterisk: AsteriskMaker, database_url: str, tmp_path: Path
) -> None:
    asterisk = await make_asterisk()
    async with running(database_url, tmp_path, asterisk) as application:
        await eventually(lambda: held(application))
        form = ConnectionForm(
            ConnectionKind.ASTERISK,
            asterisk.host,
            secrets={"ami_secret": "another-secret-not-real"},
            config={"ami_port": asterisk.ports.ami},
        )
        await application.house.set_up.save(ADMIN, E, form)
        application.house.directory.clear()
        found = await pbx_findings(application)
        assert found["pbx_login"].word == "refused"
        assert found["pbx_rights"].word == "no_session"

        await asterisk.stop()
        assert (await pbx_findings(application))["pbx_login"].word == "away"

        async def down() -> bool:
            return (await pbx_findings(application))["pbx_link"].word == "down"

        await eventually(down)


async def test_the_administrators_phone_rings_and_nobody_else_hears_of_it(
    office: Office, database_url: str, tmp_path: Path
) -> None:
    async with running(database_url, tmp_path, office.asterisk) as application:
        house = application.house
        office["150"].behaviour = RINGS_ON
        ringing, found = await asyncio.gather(
            office["150"].next_call(), house.trials.ring(ADMIN, E, "150")
        )
        assert (found.word, found.facts["extension"]) == ("ok", "150")
        assert found.facts["ms"] < 5000
        await ringing.answer()
        await ringing.wait_ended(8)  # the five seconds of silence
        assert office.provider.incoming == []
        assert await value(house.db, "SELECT count(*) FROM outbox WHERE lane LIKE 'crm:%'") == 0
        asked = "SELECT actor FROM audit_log WHERE action = 'doctor.ring' AND target = '150'"
        assert await value(house.db, asked) == ADMIN.name


async def test_a_phone_that_is_busy_or_absent_is_told(
    make_asterisk: AsteriskMaker, database_url: str, tmp_path: Path
) -> None:
    asterisk = await make_asterisk()
    async with running(database_url, tmp_path, asterisk) as application:
        absent = await application.house.trials.ring(ADMIN, E, "151")
        assert absent.word == "refused"
        phone = Phone(asterisk.sip_address, "150", asterisk.phone_secret, BUSY)
        await phone.start()
        try:
            busy = await application.house.trials.ring(ADMIN, E, "150")
            assert busy.word == "refused"
            phone.behaviour = answers()
            picked = await application.house.trials.ring(ADMIN, E, "150")
            assert picked.word in ("ok", "silent")
        finally:
            await phone.stop()
