"""The script on the PBX: loses nothing, stops at nothing, shows its secret to nobody."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import pytest
from aiohttp import web

from tests.support.sounds import tone
from tests.support.town import free_port
from tests.support.waiting import eventually

SECRET = "0123456789abcdef0123456789abcdef.not-a-real-secret_-"
SOUND = tone(0.5)
SCRIPT = Path(str(files("kommutator.connectors.pbx.asterisk").joinpath("kommutator-recording")))


@dataclass
class Gateway:
    """`answers`: name → status."""

    url: str
    answers: dict[str, int] = field(default_factory=dict)
    taken: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        name, body = request.match_info["name"], await request.read()
        self.asked.append((name, request.headers.get("X-Kommutator-Secret")))
        status = self.answers.get(name, 201)
        if status < 300:
            self.taken[name] = body
        return web.Response(status=status)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    port = free_port()
    made = Gateway(f"http://127.0.0.1:{port}")
    app = web.Application(client_max_size=1 << 24)
    app.router.add_put("/asterisk/recordings/{name}", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield made
    await runner.cleanup()


@pytest.fixture
def folder(tmp_path: Path, gateway: Gateway) -> Path:
    (tmp_path / "conf").write_text(f"KOMMUTATOR_URL={gateway.url}\nKOMMUTATOR_SECRET={SECRET}\n")
    recordings = tmp_path / "recordings of calls"  # blanks are no trouble
    recordings.mkdir()
    return recordings


async def run(folder: Path, *args: str) -> int:
    child = await start(folder, *args)
    return await child.wait()


async def start(folder: Path, *args: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        "/bin/sh", str(SCRIPT), *args,
        env={"PATH": os.environ["PATH"], "KOMMUTATOR_RECORDING_CONF": str(folder.parent / "conf")},
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


def put(folder: Path, name: str, content: bytes = SOUND, *, whole: bool = True) -> Path:
    path = folder / name
    path.write_bytes(content)
    if whole:
        (folder / f"{name}.done").touch()
    return path


def processes() -> list[str]:
    """The command line of everything that runs."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            found.append(path.read_bytes().decode(errors="replace"))
    return found


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_whole_file_is_handed_in_and_removed(gateway: Gateway, folder: Path) -> None:
    path = put(folder, "gw-1.1.wav", whole=False)
    assert await run(folder, str(path)) == 0
    assert gateway.taken == {"gw-1.1": SOUND}
    assert gateway.asked == [("gw-1.1", SECRET)]
    assert left(folder) == []


async def test_a_header_without_sound_is_thrown_away(gateway: Gateway, folder: Path) -> None:
    path = put(folder, "gw-1.1.wav", SOUND[:44], whole=False)
    assert await run(folder, str(path)) == 0
    assert (gateway.asked, left(folder)) == ([], [])


async def test_a_moment_of_trouble_is_waited_out(gateway: Gateway, folder: Path) -> None:
    gateway.answers["gw-1.1"] = 503
    child = await start(folder, str(put(folder, "gw-1.1.wav", whole=False)))
    await eventually(lambda: gateway.asked)
    assert left(folder) == ["gw-1.1.wav", "gw-1.1.wav.done"]
    gateway.answers.clear()
    assert await child.wait() == 0
    assert (gateway.taken, left(folder)) == ({"gw-1.1": SOUND}, [])


async def test_the_sweep_takes_what_is_whole_and_lets_calls_go_on(
    gateway: Gateway, folder: Path
) -> None:
    put(folder, "gw-1.1.wav")
    put(folder, "gw-2.2.wav", whole=False)  # a client on hold: silent for an hour, still open
    os.utime(folder / "gw-2.2.wav", (time.time() - 3600,) * 2)
    put(folder, "gw-3.3.wav", whole=False)  # forgotten by a crash
    os.utime(folder / "gw-3.3.wav", (time.time() - 13 * 3600,) * 2)
    put(folder, "notes.txt", whole=False)
    os.utime(folder / "notes.txt", (time.time() - 13 * 3600,) * 2)
    assert await run(folder, "--sweep", str(folder)) == 0
    assert sorted(gateway.taken) == ["gw-1.1", "gw-3.3"]
    assert left(folder) == ["gw-2.2.wav", "notes.txt"]


@pytest.mark.parametrize("status", [400, 409, 413, 415])
async def test_what_is_refused_for_good_is_put_aside(
    gateway: Gateway, folder: Path, status: int
) -> None:
    gateway.answers["gw-1.1"] = status
    put(folder, "gw-1.1.wav")
    put(folder, "gw-2.2.wav")
    assert await run(folder, "sweep", str(folder)) == 0
    assert left(folder) == ["gw-1.1.wav.refused"]
    assert list(gateway.taken) == ["gw-2.2"]


@pytest.mark.parametrize("status", [401, 404, 500, 503])
async def test_what_may_work_later_stays_and_does_not_stop_the_others(
    gateway: Gateway, folder: Path, status: int
) -> None:
    gateway.answers["gw-1.1"] = status
    put(folder, "gw-1.1.wav")
    put(folder, "gw-2.2.wav")
    assert await run(folder, "--sweep", str(folder)) == 0
    assert left(folder) == ["gw-1.1.wav", "gw-1.1.wav.done"]
    assert list(gateway.taken) == ["gw-2.2"]


async def test_a_gateway_that_is_gone_is_knocked_at_once(gateway: Gateway, folder: Path) -> None:
    (folder.parent / "conf").write_text(
        f"KOMMUTATOR_URL=http://127.0.0.1:{free_port()}\nKOMMUTATOR_SECRET={SECRET}\n"
    )
    for number in range(3):
        put(folder, f"gw-{number}.wav")
    assert await run(folder, "--sweep", str(folder)) == 1
    assert len(left(folder)) == 6


async def test_files_are_kept_where_that_is_wanted(gateway: Gateway, folder: Path) -> None:
    kept = folder.parent / "kept"
    kept.mkdir()
    with (folder.parent / "conf").open("a") as conf:
        conf.write(f"KOMMUTATOR_KEEP={kept}\n")
    assert await run(folder, str(put(folder, "gw-1.1.wav", whole=False))) == 0
    assert (left(folder), left(kept)) == ([], ["gw-1.1.wav"])


async def test_the_secret_is_in_no_list_of_processes(gateway: Gateway, folder: Path) -> None:
    seen: list[str] = []
    real = gateway.take

    async def watching(request: web.Request) -> web.Response:
        seen.extend(processes())
        return await real(request)

    port = free_port()
    app = web.Application()
    app.router.add_put("/asterisk/recordings/{name}", watching)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    (folder.parent / "conf").write_text(
        f"KOMMUTATOR_URL=http://127.0.0.1:{port}\nKOMMUTATOR_SECRET={SECRET}\n"
    )
    assert await run(folder, str(put(folder, "gw-1.1.wav", whole=False))) == 0
    await runner.cleanup()
    assert any("curl" in line for line in seen)
    assert not any(SECRET in line for line in seen)


@pytest.mark.parametrize("conf", ["", "KOMMUTATOR_URL=http://127.0.0.1:1\n"])
async def test_without_settings_nothing_is_touched(folder: Path, conf: str) -> None:
    (folder.parent / "conf").write_text(conf)
    path = put(folder, "gw-1.1.wav", whole=False)
    assert await run(folder, str(path)) == 2
    assert left(folder) == ["gw-1.1.wav"]
