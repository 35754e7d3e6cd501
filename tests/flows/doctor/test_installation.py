"""The installation is green when sound, and each check red once when the thing is really broken."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from kommutator.domain.finding import Finding, Health, exit_code
from kommutator.flows import check_house
from kommutator.flows.doctor import run, without_database
from kommutator.flows.house import House
from kommutator.kit.clock import SystemClock
from kommutator.kit.ids import SystemIds
from kommutator.kit.objects import Objects
from tests.support.doctor import seen
from tests.support.house import settings_for_tests
from tests.support.waiting import takes


class Shifted(SystemClock):
    """A clock that is wrong by so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._by = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return super().now() + self._by


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
