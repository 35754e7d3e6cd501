"""Each check is green on a sound house and red once when the thing is really broken."""

from __future__ import annotations

import ast
import re
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from kommutator.connectors.pbx.asterisk.examine import AsteriskExaminer
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.finding import Finding, Health, PbxFacts, exit_code
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.flows import check_crm, check_house, check_pbx, check_whatsapp, check_work
from kommutator.flows.doctor import looks_without_database, run, tell, without_database
from kommutator.flows.forms import ConnectionForm
from kommutator.flows.house import House
from kommutator.kit.clock import SystemClock
from kommutator.kit.errors import InvalidInput, NotFound
from kommutator.kit.ids import SystemIds
from kommutator.kit.objects import Objects
from kommutator.kit.texts import LOCALES, Texts
from kommutator.store.views import ConnectionViews
from kommutator.twins import RunningTwins, TwinsConfig, start_twins
from tests.support.factories import a_command, value
from tests.support.house import TenantOfTests, open_house, settings_for_tests, settle_tenant
from tests.support.waiting import takes

HERE = EnterpriseNumber("0367")
ADMIN = Actor("admin@0367.example", Role.ENTERPRISE_ADMIN, HERE)
NOW = SystemClock().now()


class Shifted(SystemClock):
    """A clock that is wrong by so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._by = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return super().now() + self._by


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(
        database_url, private_hosts="127.0.0.1", home=str(tmp_path / "home")
    ) as opened:
        yield opened


@pytest.fixture
async def here(house: House) -> TenantOfTests:
    return await settle_tenant(house, "0367")


@pytest.fixture
async def crm() -> AsyncIterator[dict[str, Any]]:
    """The address and keys of a fake CRM."""
    config = TwinsConfig(ports={"retailcrm": 0}, environment={})
    running: RunningTwins
    async with await start_twins(config) as running:
        root = running.base_urls["retailcrm"]
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{root}/_twin/credentials") as answer,
        ):
            account: dict[str, Any] = (await answer.json())["accounts"][0]
        yield {**account, "root": root}


def seen(found: Sequence[Finding]) -> dict[str, tuple[str, str]]:
    return {finding.check: (finding.health.value, finding.word) for finding in found}


# --- the installation ---------------------------------------------------------------------


async def test_a_sound_platform_is_green_but_for_what_a_trial_lacks(house: House) -> None:
    async with house.db.unit() as unit:
        for role in ("worker", "pbx"):
            await unit.workers.beat_everywhere(house.ids.uuid(), "here", 1, [role])
    found = seen(await house.doctor.platform())
    well = {check for check, (health, _) in found.items() if health == "ok"}
    assert well - {"whatsapp_bridge"} == {  # which is well where Node is
        "version", "disk", "master_key", "database", "clock", "workers", "storage",
    }  # fmt: skip
    assert found["public_url"] == ("fail", "unreachable")  # house.example is nowhere


async def test_no_processes(house: House) -> None:
    (found,) = await check_house.workers(house.db)
    assert (found.health, found.word) == (Health.FAIL, "missing")
    assert found.facts["roles"] == "worker, pbx"


@pytest.mark.parametrize(("seconds", "word"), [(0.0, "ok"), (2.5, "drift"), (-40.0, "far")])
async def test_a_shifted_clock(house: House, seconds: float, word: str) -> None:
    _, clock = await check_house.database(house.db, Shifted(seconds))
    assert (clock.check, clock.word) == ("clock", word)


async def test_the_database_is_away(tmp_path: Path) -> None:
    settings = settings_for_tests(home=str(tmp_path))
    found = await without_database(settings, SystemClock(), "ConnectionRefusedError")
    assert seen(found)["database"] == ("fail", "away")
    assert seen(found)["workers"] == ("skipped", "no_database")
    assert seen(found)["disk"][0] == "ok"
    assert exit_code(found) == 2


async def test_a_database_that_goes_in_the_middle(house: House) -> None:
    await house.db.close()
    found = seen(await house.doctor.platform())
    assert found["database"] == found["workers"] == ("fail", "database_away")
    assert found["disk"] == ("ok", "ok")


async def test_a_look_that_hangs_or_breaks_harms_no_other() -> None:
    async def hangs() -> Sequence[Finding]:
        await takes(60)
        return []

    async def breaks() -> Sequence[Finding]:
        raise ZeroDivisionError

    found = await run({"disk": hangs, "lanes": breaks, "version": check_house.version}, 0.05)
    assert seen(found) == {
        "disk": ("fail", "slow_look"),
        "lanes": ("fail", "look_broke"),
        "version": ("ok", "ok"),
    }


async def test_a_key_that_others_may_read(tmp_path: Path) -> None:
    settings = settings_for_tests(home=str(tmp_path), master_keys="")
    (absent,) = await check_house.master_key(settings)
    assert absent.word == "absent"
    key = tmp_path / "master.key"
    key.write_text("k1:not-read")
    key.chmod(0o644)
    (open_,) = await check_house.master_key(settings)
    assert (open_.word, open_.facts["mode"]) == ("open", "0644")
    key.chmod(0o600)
    (sound,) = await check_house.master_key(settings)
    assert sound.health is Health.OK


async def test_storage_that_takes_nothing(tmp_path: Path) -> None:
    (sound,) = await check_house.storage(Objects.in_folder(tmp_path / "good"), SystemIds())
    assert sound.health is Health.OK
    assert [path for path in (tmp_path / "good").rglob("*") if path.is_file()] == []
    (tmp_path / "file").write_text("in the way of a folder")
    (away,) = await check_house.storage(Objects.in_folder(tmp_path / "file" / "x"), SystemIds())
    assert (away.health, away.word) == (Health.FAIL, "away")


async def test_a_disk_that_is_almost_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for_tests(home=str(tmp_path))
    for free, word in ((500, "ok"), (100, "low"), (10, "full")):
        usage = type("Usage", (), {"total": 1000, "free": free})
        monkeypatch.setattr("shutil.disk_usage", lambda _home, usage=usage: usage)
        (found,) = await check_house.disk(settings)
        assert found.word == word


@pytest.mark.parametrize(
    ("status", "body", "word"),
    [
        (200, '{"status":"ok","version":"0.0.0","checks":{}}', "version"),
        (200, "<html>nginx</html>", "stranger"),
        (502, "{}", "stranger"),
    ],
)
async def test_somebody_else_answers_at_our_address(status: int, body: str, word: str) -> None:
    async def health(_request: web.Request) -> web.Response:
        return web.Response(status=status, text=body)

    app = web.Application()
    app.router.add_get("/health", health)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        (found,) = await check_house.public_url(settings_for_tests(public_url=url), SystemClock())
    finally:
        await runner.cleanup()
    assert found.word == word


async def test_nobody_answers_at_our_address() -> None:
    settings = settings_for_tests(public_url="http://127.0.0.1:1")
    (found,) = await check_house.public_url(settings, SystemClock())
    assert (found.health, found.word) == (Health.FAIL, "unreachable")


# --- the PBX ------------------------------------------------------------------------------

SOUND = PbxFacts(
    version="22.10.1",
    may=frozenset(
        {
            "Originate",
            "Hangup",
            "Status",
            "CoreShowChannels",
            "Ping",
            "Redirect",
            "QueuePause",
            "QueueStatus",
            "Setvar",
            "ShowDialPlan",
            "PJSIPShowEndpoints",
        }
    ),
    clock=NOW.timestamp(),
    contexts=frozenset({"click2call", "kommutator-take"}),
    stamps=True,
    channelvars=frozenset({"GW_CALL_ID", "GW_DIR", "GW_CLIENT", "GW_LINE", "GW_RECFILE"}),
    phones={"150": True, "151": True},
)


def with_facts(**changes: Any) -> PbxFacts:
    names = list(PbxFacts.__slots__)
    return PbxFacts(**{**{name: getattr(SOUND, name) for name in names}, **changes})


def pbx_account(**secrets: str) -> Account:
    kept = {"hook_secret": "x", "client_id": "y", **secrets}
    return Account(
        HERE, SystemIds().uuid(), ConnectionKind.ASTERISK, "PBX", "ami://pbx.example:5038",
        ConnectionStatus.ACTIVE, {}, {name: text for name, text in kept.items() if text},
    )  # fmt: skip


def judged(facts: PbxFacts, account: Account | None = None) -> dict[str, tuple[str, str]]:
    found = check_pbx.judge(
        account or pbx_account(), None, facts, {"150", "151"}, now=NOW.timestamp()
    )
    return seen(found)


def test_a_sound_pbx_is_green() -> None:
    found = judged(SOUND)
    assert found.pop("pbx_link") == ("fail", "not_held")
    assert set(found.values()) == {("ok", "ok")}
    assert len(found) == 7


@pytest.mark.parametrize(
    ("check", "found", "changes"),
    [
        ("pbx_rights", ("fail", "missing"), {"may": SOUND.may - {"Originate"}}),
        ("pbx_rights", ("warn", "partly"), {"may": SOUND.may - {"QueuePause"}}),
        ("pbx_clock", ("fail", "far"), {"clock": NOW.timestamp() + 300}),
        ("pbx_clock", ("skipped", "not_told"), {"clock": None}),
        ("pbx_dialplan", ("fail", "no_click"), {"contexts": frozenset({"kommutator-take"})}),
        ("pbx_dialplan", ("warn", "no_take"), {"contexts": frozenset({"click2call"})}),
        ("pbx_dialplan", ("skipped", "not_allowed"), {"contexts": None}),
        ("pbx_events", ("warn", "no_variables"), {"channelvars": frozenset({"GW_DIR"})}),
        ("pbx_events", ("warn", "no_stamps"), {"stamps": False}),
        ("pbx_phones", ("warn", "away"), {"phones": {"150": True, "151": False}}),
        ("pbx_phones", ("warn", "unknown"), {"phones": {"150": True}}),
    ],
)
def test_one_thing_wrong_with_a_pbx(
    check: str, found: tuple[str, str], changes: dict[str, Any]
) -> None:
    assert judged(with_facts(**changes))[check] == found


def test_a_pbx_that_refuses_leaves_the_rest_unseen() -> None:
    found = judged(PbxFacts(trouble="Authentication failed", refused=True))
    assert found["pbx_login"] == ("fail", "refused")
    assert found["pbx_rights"] == found["pbx_phones"] == ("skipped", "no_session")
    assert judged(SOUND, pbx_account(hook_secret=""))["pbx_secret"] == ("fail", "missing")


async def test_nobody_at_the_pbxs_address() -> None:
    account = pbx_account(ami_user="u", ami_secret="s" * 12)
    nobody = Account(**{**_fields(account), "base_url": "ami://127.0.0.1:1"})
    facts = await AsteriskExaminer(clock=SystemClock()).examine(nobody, ["click2call"])
    assert judged(facts)["pbx_login"] == ("fail", "away")


def _fields(account: Account) -> dict[str, Any]:
    return {name: getattr(account, name) for name in Account.__slots__}


# --- the CRM ------------------------------------------------------------------------------


async def connect(house: House, crm: dict[str, Any], key: str) -> Account:
    """In place of the made-up connection of `settle_tenant`."""
    async with house.db.unit() as unit:
        await unit.connection.execute("UPDATE connections SET status = 'removed'")
    form = ConnectionForm(ConnectionKind.RETAILCRM, crm["base_url"], secrets={"api_key": key})
    await house.set_up.save(ADMIN, HERE, form)
    house.directory.clear()
    account = await house.directory.account_of(HERE, ConnectionKind.RETAILCRM)
    assert account is not None
    return account


async def test_a_registered_crm_is_green(
    house: House, here: TenantOfTests, crm: dict[str, Any]
) -> None:
    await connect(house, crm, crm["api_key"])
    await house.enrol.register(ADMIN, HERE)
    house.directory.clear()
    found = seen(await house.doctor.enterprise(HERE))
    assert found["crm"] == found["crm_codes"] == found["crm_allowance"] == ("ok", "ok")
    assert found["pbx_link"] == ("skipped", "not_connected")


async def test_a_key_without_rights_names_them(
    house: House, here: TenantOfTests, crm: dict[str, Any]
) -> None:
    account = await connect(house, crm, crm["limited_api_key"])
    found, _ = await check_crm.key(house.enrol.desk(account.kind), account)
    assert found.word == "scopes"
    assert "integration_write" in found.facts["scopes"]


async def test_a_wrong_key_and_a_crm_that_is_away(
    house: House, here: TenantOfTests, crm: dict[str, Any]
) -> None:
    account = await connect(house, crm, "no-such-key-not-real")
    found, _ = await check_crm.key(house.enrol.desk(account.kind), account)
    assert (found.health, found.word) == (Health.FAIL, "refused")
    gone = Account(**{**_fields(account), "base_url": "http://127.0.0.1:1"})
    found, _ = await check_crm.key(house.enrol.desk(account.kind), gone)
    assert (found.health, found.word) == (Health.FAIL, "away")


async def test_codes_that_differ_and_an_allowance_that_is_spent(
    house: House, here: TenantOfTests, crm: dict[str, Any]
) -> None:
    account = await connect(house, crm, crm["api_key"])
    await house.enrol.register(ADMIN, HERE)
    changed = Account(
        **{
            **_fields(account),
            "status": ConnectionStatus.ACTIVE,
            "config": {"user_extensions": {"19": "150"}},
        }
    )
    _, codes = await check_crm.key(house.enrol.desk(account.kind), changed)
    assert (codes.word, codes.facts["users"]) == ("differ", "19")
    async with house.db.unit() as unit:
        await unit.connection.execute("UPDATE budgets SET tat = tat + 60")
    (spent,) = await check_crm.allowance(house.db, house.enrol.desk(account.kind), account)
    assert spent.word == "spent"


async def test_a_record_is_written_and_taken_back(
    house: House, here: TenantOfTests, crm: dict[str, Any]
) -> None:
    await connect(house, crm, crm["api_key"])
    found = await house.trials.crm_record(ADMIN, HERE, "ru")
    assert found.health is Health.OK
    assert found.facts["where"]
    notes = await value(house.db, "SELECT count(*) FROM attempts WHERE event_type = 'test_record'")
    assert notes == 1
    audited = await value(
        house.db, "SELECT actor FROM audit_log WHERE action = 'doctor.crm_record'"
    )
    assert audited == ADMIN.name


async def test_a_key_that_may_not_write_is_told(
    house: House, here: TenantOfTests, crm: dict[str, Any]
) -> None:
    await connect(house, crm, crm["limited_api_key"])
    found = await house.trials.crm_record(ADMIN, HERE, "ru")
    assert (found.health, found.word) == (Health.FAIL, "refused")


# --- the work -----------------------------------------------------------------------------


async def test_an_idle_enterprise_is_green_but_for_choices_not_made(
    house: House, here: TenantOfTests
) -> None:
    found = seen(await house.doctor.enterprise(HERE))
    assert found["lanes"] == found["dead"] == found["journal"] == ("ok", "ok")
    assert found["recordings"] == ("ok", "ok")
    assert found["phone_book"] == ("skipped", "never")
    assert found["dialing"] == ("warn", "usual")


async def test_a_neighbours_troubles_are_not_ours(house: House, here: TenantOfTests) -> None:
    there = await settle_tenant(house, "0411")
    await a_command(house.db, there.number, there.crm_id, "c-1", NOW, state="dead", error="no")
    assert seen(await house.doctor.enterprise(HERE))["dead"] == ("ok", "ok")
    assert seen(await house.doctor.enterprise(there.number))["dead"] == ("warn", "some")
    with pytest.raises(NotFound):
        await house.doctor.enterprise(EnterpriseNumber("0999"))


async def test_a_phone_that_was_never_linked_is_no_trouble_of_the_queue(
    house: House, here: TenantOfTests
) -> None:
    phone = house.ids.uuid()
    async with house.db.unit() as unit:
        await unit.connections.create(
            HERE, phone, kind=ConnectionKind.WHATSAPP, name="WhatsApp", base_url="",
            account_key=None, config={}, sealed={},
        )  # fmt: skip
        await unit.connection.execute(
            "INSERT INTO lanes (lane, enterprise, connection_id, parked_reason, parked_at) "
            "VALUES ($1, $2, $3, 'whatsapp_not_linked', now())",
            f"whatsapp:{phone}", HERE, phone,
        )  # fmt: skip
    assert seen(await house.doctor.enterprise(HERE))["lanes"] == ("ok", "ok")


@pytest.mark.parametrize(
    ("sql", "check", "found"),
    [
        (
            (
                "INSERT INTO lanes (lane, enterprise, connection_id, parked_reason, parked_at) "
                "SELECT 'crm:' || id, enterprise, id, 'access_revoked', now() FROM connections"
            ),
            "lanes",
            ("fail", "parked"),
        ),
        (
            (
                "INSERT INTO lanes (lane, enterprise, connection_id, breaker) "
                "SELECT 'crm:' || id, enterprise, id, 'open' FROM connections"
            ),
            "lanes",
            ("warn", "breaker"),
        ),
        (
            (
                "INSERT INTO journal (enterprise, source, kind, dedupe_key, body, state) "
                "VALUES ('0367', 'http', 'dial', 'd', '', 'failed')"
            ),
            "journal",
            ("warn", "failed"),
        ),
        (
            (
                "INSERT INTO journal (enterprise, source, kind, dedupe_key, body, received_at) "
                "VALUES ('0367', 'http', 'dial', 'd', '', now() - interval '1 hour')"
            ),
            "journal",
            ("fail", "late"),
        ),
        (
            (
                "INSERT INTO recordings (enterprise, name, expected_at) "
                "VALUES ('0367', 'gw-1', now() - interval '1 hour')"
            ),
            "recordings",
            ("warn", "late"),
        ),
        (
            (
                "INSERT INTO recordings (enterprise, name, state, expected_at) "
                "VALUES ('0367', 'gw-1', 'missing', now() - interval '1 hour')"
            ),
            "recordings",
            ("warn", "missing"),
        ),
        (
            (
                "INSERT INTO phone_book_reads (enterprise, connection_id, finished_at) "
                "SELECT enterprise, id, now() - interval '5 days' FROM connections"
            ),
            "phone_book",
            ("warn", "old"),
        ),
        (
            (
                "INSERT INTO phone_book_reads (enterprise, connection_id, finished_at, error) "
                "SELECT enterprise, id, now(), 'key_wrong' FROM connections"
            ),
            "phone_book",
            ("warn", "failed"),
        ),
        (
            """UPDATE enterprises SET settings = '{"dialing": {"premium": true}}'""",
            "dialing",
            ("warn", "premium"),
        ),
    ],
)
async def test_one_thing_wrong_with_the_work(
    house: House, here: TenantOfTests, sql: str, check: str, found: tuple[str, str]
) -> None:
    async with house.db.unit() as unit:
        await unit.connection.execute(sql)
    house.directory.clear()
    assert seen(await house.doctor.enterprise(HERE))[check] == found


async def test_commands_that_wait_too_long(house: House, here: TenantOfTests) -> None:
    at = NOW - timedelta(hours=1)
    await a_command(house.db, HERE, here.crm_id, "c-1", at, state="due")
    async with house.db.unit() as unit:
        await unit.connection.execute("UPDATE outbox SET age_from = now() - interval '1 hour'")
        lines = await ConnectionViews(unit.connection).all(HERE)
    lanes, _ = check_work.lanes(lines, SystemClock().now())
    assert (lanes.word, lanes.facts["minutes"]) == ("late", 60)


async def test_a_ring_that_nobody_takes(house: House, here: TenantOfTests) -> None:
    with pytest.raises(InvalidInput) as refused:
        await house.trials.ring(ADMIN, HERE, "999")
    assert refused.value.code == "extension_unknown"
    assert (await house.trials.ring(ADMIN, HERE, "150")).word == "not_connected"


# --- the words ----------------------------------------------------------------------------


def told_in(module: Any) -> set[tuple[str, str, str]]:
    """(maker, check, word) of every finding that the module can make, read from its source."""
    made = set()
    for node in ast.walk(ast.parse(Path(module.__file__).read_text())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        maker = node.func.id
        if maker not in ("fine", "warned", "failed", "skipped") or not node.args:
            continue
        names = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
        usual = {"fine": "ok", "skipped": "skipped"}.get(maker, "")
        if names and len(names) == len(node.args):
            made.add((maker, names[0], names[1] if len(names) > 1 else usual))
    return made


@pytest.mark.parametrize("locale", LOCALES)
def test_every_finding_has_its_words_and_its_repair(locale: str) -> None:
    from kommutator.flows import doctor, trials  # noqa: PLC0415  as modules, only here

    texts = Texts.load()
    checks = (check_house, check_pbx, check_crm, check_work, check_whatsapp)
    made = set().union(*map(told_in, (*checks, doctor, trials)))
    assert len(made) > 60
    health = {"fine": Health.OK, "warned": Health.WARN, "failed": Health.FAIL}
    for maker, check, word in made:
        finding = Finding(check, health.get(maker, Health.SKIPPED), word)
        told = tell(texts, locale, finding)
        assert not re.match(r"doctor\.", told.title + told.words + told.repair), finding
        assert bool(told.repair) is (maker in ("warned", "failed")), finding


def test_the_exit_code_is_the_worst() -> None:
    assert exit_code([]) == 0
    assert exit_code([Finding("a", Health.OK, "ok"), Finding("b", Health.SKIPPED, "x")]) == 0
    assert exit_code([Finding("a", Health.WARN, "w"), Finding("b", Health.OK, "x")]) == 1
    assert exit_code([Finding("a", Health.WARN, "w"), Finding("b", Health.FAIL, "x")]) == 2
    assert set(looks_without_database(settings_for_tests(), SystemClock())) == {
        "version", "disk", "master_key", "public_url",
    }  # fmt: skip
