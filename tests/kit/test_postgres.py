"""The embedded server: cold, warm, attached, crashed, orphaned, without root."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from kommutator.kit.postgres import (
    EmbeddedPostgres,
    PostgresBinariesMissingError,
    PostgresStartError,
)
from kommutator.kit.postgres.binaries import find_binaries
from kommutator.kit.postgres.processes import servers_on
from tests.support.waiting import wait_until

OWNER_SCRIPT = textwrap.dedent(
    """
    import sys, threading
    from pathlib import Path
    from kommutator.kit.postgres import EmbeddedPostgres
    server = EmbeddedPostgres(Path(sys.argv[1]))
    # From a thread that ends at once: the server must outlive it.
    starter = threading.Thread(target=server.start)
    starter.start()
    starter.join()
    print(server.pid, server.is_owner, server.dsn(), flush=True)
    sys.stdin.read()
    """
)


@pytest.fixture
def server(postgres_home: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(postgres_home / "pg")
    yield server
    server.stop()


@pytest.fixture
def owner_process(postgres_home: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER_SCRIPT, str(postgres_home / "pg")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def _forge_pid(server: EmbeddedPostgres, pid: int) -> None:
    """What a machine looks like whose pids went round after a crash."""
    assert server._layout is not None
    left = [server._layout.data / "postmaster.pid", *server._layout.sockets.glob(".s.*.lock")]
    assert len(left) == 2
    for path in left:
        lines = path.read_text().splitlines()
        path.write_text("\n".join([str(pid), *lines[1:]]) + "\n")


async def _query(dsn: str, sql: str) -> object:
    connection = await asyncpg.connect(dsn, timeout=5)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_cold_start_gives_the_promised_server(
    server: EmbeddedPostgres, postgres_home: Path
) -> None:
    dsn = server.start()
    assert server.is_owner
    assert await _query(dsn, "SELECT current_setting('max_connections')") == "200"
    assert await _query(dsn, "SELECT current_setting('shared_buffers')") == "256MB"
    assert await _query(dsn, "SELECT current_setting('fsync')") == "on"
    assert await _query(dsn, "SELECT current_setting('data_checksums')") == "on"
    assert await _query(dsn, "SELECT current_setting('listen_addresses')") == "127.0.0.1"
    assert await _query(dsn, "SELECT lower('ЖУРНАЛ')") == "журнал"
    root = postgres_home / "pg"
    assert (root / "password").stat().st_mode & 0o777 == 0o600
    assert (root / "run").stat().st_mode & 0o777 == 0o700
    assert (root / "data").stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in (root / "run").iterdir()) == [
        f".s.PGSQL.{dsn.rsplit(':', 1)[1].split('/')[0]}",
        f".s.PGSQL.{dsn.rsplit(':', 1)[1].split('/')[0]}.lock",
    ]


async def test_wrong_password_is_refused(server: EmbeddedPostgres) -> None:
    dsn = server.start()
    address = dsn.rsplit("@", 1)[1]
    with pytest.raises(asyncpg.InvalidPasswordError):
        await _query(f"postgresql://kommutator:guess@{address}", "SELECT 1")


async def test_warm_start_keeps_rows_and_dsn(server: EmbeddedPostgres) -> None:
    first = server.start()
    await _query(first, "CREATE TABLE kept AS SELECT 42 AS answer")
    server.stop()
    assert server.pid is None
    assert server.start() == first
    assert await _query(first, "SELECT answer FROM kept") == 42


async def test_start_is_free_while_running(server: EmbeddedPostgres) -> None:
    dsn = server.start()
    pid = server.pid
    assert (server.start(), server.pid) == (dsn, pid)


async def test_restart_changes_the_process_only(server: EmbeddedPostgres) -> None:
    dsn = server.start()
    pid = server.pid
    assert server.restart() == dsn
    assert server.pid not in (None, pid)
    assert await _query(dsn, "SELECT 1") == 1


async def test_second_one_attaches_and_cannot_stop_it(
    server: EmbeddedPostgres, postgres_home: Path
) -> None:
    dsn = server.start()
    guest = EmbeddedPostgres(postgres_home / "pg")
    assert guest.start() == dsn
    assert not guest.is_owner
    assert guest.pid == server.pid
    guest.stop()
    assert await _query(dsn, "SELECT 1") == 1


async def test_many_starting_at_once_get_one_server(postgres_home: Path) -> None:
    servers = [EmbeddedPostgres(postgres_home / "pg") for _ in range(5)]
    dsns = await asyncio.gather(*(asyncio.to_thread(each.start) for each in servers))
    assert len(set(dsns)) == 1
    assert [each.is_owner for each in servers].count(True) == 1
    for each in servers:
        each.stop()


async def test_server_outlives_the_thread_that_started_it(server: EmbeddedPostgres) -> None:
    # The kernel's parent-death signal follows threads: a naive launcher loses the server here.
    dsn = await asyncio.to_thread(server.start)
    ended = threading.Thread(target=server.restart)
    ended.start()
    ended.join()
    assert await _query(dsn, "SELECT 1") == 1


async def test_crash_keeps_committed_rows(server: EmbeddedPostgres) -> None:
    dsn = server.start()
    await _query(dsn, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS id")
    server.kill()
    with pytest.raises(OSError, match="Connect call failed"):
        await _query(dsn, "SELECT 1")
    assert server.start() == dsn
    assert await _query(dsn, "SELECT count(*) FROM kept") == 1000


async def test_server_killed_by_others_comes_back_on_the_same_port(
    server: EmbeddedPostgres,
) -> None:
    dsn = server.start()
    await _query(dsn, "CREATE TABLE kept AS SELECT 7 AS id")
    killed = server.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: server.pid not in (None, killed) and server._ready_port())
    assert await _query(dsn, "SELECT id FROM kept") == 7


def test_server_that_keeps_dying_is_given_up(server: EmbeddedPostgres) -> None:
    server.start()
    supervisor = server._supervisor
    assert supervisor is not None
    for _ in range(5):
        wait_until(lambda: server.pid is not None or not supervisor.running)
        if server.pid is not None:
            os.kill(server.pid, signal.SIGKILL)
            dead = server.pid
            wait_until(lambda dead=dead: server.pid != dead)
    wait_until(lambda: not supervisor.running)
    server.start()
    assert server.pid is not None


def test_killed_owner_leaves_no_orphan(
    owner_process: subprocess.Popen[str], postgres_home: Path
) -> None:
    assert owner_process.stdout is not None
    pid, is_owner, _ = owner_process.stdout.readline().split()
    assert is_owner == "True"
    data = postgres_home / "pg" / "data"
    assert int(pid) in servers_on(data)
    owner_process.kill()
    wait_until(lambda: not servers_on(data))
    assert "database system is shut down" in (postgres_home / "pg" / "server.log").read_text()


async def test_next_owner_takes_over_at_once(
    owner_process: subprocess.Popen[str], server: EmbeddedPostgres
) -> None:
    assert owner_process.stdout is not None
    pid, _, dsn = owner_process.stdout.readline().split()
    assert not (server.start(), server.is_owner)[1]
    await _query(dsn, "CREATE TABLE kept AS SELECT 1 AS id")
    owner_process.kill()
    owner_process.wait()
    assert server.start() == dsn  # the old server may still be shutting down
    assert server.is_owner
    assert server.pid != int(pid)
    assert await _query(dsn, "SELECT id FROM kept") == 1


@contextmanager
def _process_like(server: EmbeddedPostgres, *command: str) -> Iterator[int]:
    """A foreign process of the server's own account: only such a one is taken for the server."""
    assert server._layout is not None
    owner = server._layout.data.stat()
    account = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
    process = subprocess.Popen(command, **account)  # type: ignore[call-overload]  # mixed options
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


async def test_foreign_process_with_our_old_pid(server: EmbeddedPostgres) -> None:
    dsn = server.start()
    await _query(dsn, "CREATE TABLE kept AS SELECT 5 AS id")
    server.kill()
    with _process_like(server, "/bin/sleep", "300") as stranger:
        _forge_pid(server, stranger)
        assert server.pid is None
        server.start()
        assert server.pid not in (None, stranger)
    assert await _query(dsn, "SELECT id FROM kept") == 5


async def test_zombie_with_our_pid_is_not_a_server(server: EmbeddedPostgres) -> None:
    server.start()
    server.kill()
    with _process_like(server, "/bin/true") as zombie:
        wait_until(lambda: ") Z " in Path(f"/proc/{zombie}/stat").read_text())
        _forge_pid(server, zombie)
        assert await _query(server.start(), "SELECT 1") == 1


async def test_interrupted_initdb_is_done_again(
    server: EmbeddedPostgres, postgres_home: Path
) -> None:
    half_made = postgres_home / "pg" / "data.new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    assert await _query(server.start(), "SELECT 1") == 1


async def test_busy_port_is_replaced(server: EmbeddedPostgres) -> None:
    first = server.start()
    server.stop()
    port = int(first.rsplit(":", 1)[1].split("/")[0])
    stranger = await asyncio.start_server(lambda *_: None, "127.0.0.1", port)
    try:
        second = server.start()
    finally:
        stranger.close()
        await stranger.wait_closed()
    assert second != first
    assert await _query(second, "SELECT 1") == 1


def test_bad_setting_is_reported_with_the_servers_words(postgres_home: Path) -> None:
    server = EmbeddedPostgres(postgres_home / "pg", settings={"shared_buffers": "lots"})
    with pytest.raises(PostgresStartError, match='invalid value for parameter "shared_buffers"'):
        server.start()
    assert not server.is_owner


def test_data_of_another_major_version_is_explained(postgres_home: Path) -> None:
    data = postgres_home / "pg" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(PostgresBinariesMissingError, match="PostgreSQL 9 was not found"):
        EmbeddedPostgres(postgres_home / "pg").start()


def test_lost_password_file_is_named(server: EmbeddedPostgres, postgres_home: Path) -> None:
    server.start()
    server.stop()
    (postgres_home / "pg" / "password").unlink()
    with pytest.raises(PostgresStartError, match="password is missing"):
        server.start()


def test_chosen_folder_without_postgres_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PostgresBinariesMissingError, match="KOMMUTATOR_PG_BIN"):
        find_binaries({"KOMMUTATOR_PG_BIN": str(tmp_path)})


async def test_too_long_a_path_goes_without_a_socket(postgres_home: Path) -> None:
    server = EmbeddedPostgres(postgres_home / ("deep" * 25) / "pg")
    try:
        dsn = server.start()
        assert await _query(dsn, "SELECT current_setting('unix_socket_directories')") == ""
    finally:
        server.stop()


async def test_user_variables_do_not_steer_the_server(
    server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nonexistent")
    monkeypatch.setenv("LC_ALL", "nonsense")
    assert await _query(server.start(), "SELECT 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root meets folders it may not share")
async def test_root_with_closed_folder_changes_nobodys_permissions(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    carrier = _copy_of_the_wheel(closed)
    closed.chmod(0o700)
    server = EmbeddedPostgres(closed / "pg", env={"KOMMUTATOR_PG_BIN": str(carrier)})
    try:
        dsn = server.start()
        assert await _query(dsn, "SELECT 1") == 1
        assert closed.stat().st_mode & 0o777 == 0o700
        assert server._layout is not None
        assert not server._layout.home.is_relative_to(closed)
        assert (closed / "pg" / "data").resolve() == server._layout.data
    finally:
        server.stop()
        if server._layout is not None:
            shutil.rmtree(server._layout.home)


def _copy_of_the_wheel(target: Path) -> Path:
    """Copy the carrier with the libraries it looks for beside itself; return its ``bin``."""
    install = find_binaries(os.environ).folder.parent
    package = install.parent
    shutil.copytree(install, target / package.name / install.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, target / libraries.name)
    return target / package.name / install.name / "bin"


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests already run without root")
def test_ordinary_user_runs_it_as_himself(postgres_home: Path) -> None:
    python = shutil.which("python3", path="/usr/bin")
    if python is None or not os.access(find_binaries(os.environ).folder / "postgres", os.X_OK):
        pytest.skip("no interpreter that an ordinary user can run")
    root = postgres_home / "pg"
    root.mkdir()
    os.chown(root, 65534, 65534)
    source = str(Path(__file__).parents[2] / "src")
    answer = subprocess.run(
        [python, "-c", OWNER_SCRIPT, str(root)],
        input="",
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={
            "PYTHONPATH": source,
            "KOMMUTATOR_PG_BIN": str(find_binaries(os.environ).folder),
            "PATH": os.defpath,
        },
        user=65534,
        group=65534,
        extra_groups=[],
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.split()[1] == "True"
    assert (root / "data").stat().st_uid == 65534
    wait_until(lambda: not servers_on(root / "data"))
