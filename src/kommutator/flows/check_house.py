"""Check-up of the installation itself: database, disk, clock, processes, address, key."""

from __future__ import annotations

import asyncio
import platform
import shutil
import stat
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from kommutator import __version__
from kommutator.domain.finding import Finding, failed, fine, skipped, warned
from kommutator.kit.clock import Clock
from kommutator.kit.errors import InvalidInput
from kommutator.kit.http import HttpClient, WireError
from kommutator.kit.ids import Ids
from kommutator.kit.objects import Objects, StorageError
from kommutator.settings import Settings
from kommutator.store.views.check_up import CheckUpViews

if TYPE_CHECKING:
    from kommutator.store.database import Database

_SLOW_MS = 100.0
_LOW, _FULL = 0.15, 0.05
_DRIFT_S, _FAR_S = 1.0, 5.0
_ALIVE_S = 30.0
_ADDRESS_TIMEOUT_S = 4.0


async def database(db: Database, clock: Clock) -> Sequence[Finding]:
    """Two looks: the first may open a connection. Latency, and its clock beside ours."""
    async with db.single() as unit:
        views = CheckUpViews(unit.connection)
        await views.clock_everywhere()
        began, before = clock.monotonic(), clock.now().timestamp()
        theirs = await views.clock_everywhere()
        took = clock.monotonic() - began
    ms = round(took * 1000, 1)
    answer = warned("database", "slow", ms=ms) if ms > _SLOW_MS else fine("database", ms=ms)
    return [answer, _drift("clock", theirs - (before + took / 2))]


async def disk(settings: Settings) -> Sequence[Finding]:
    """Of the home folder: the embedded database, recordings and the spool live there."""
    home = settings.home if settings.home.exists() else Path.cwd()
    usage = await asyncio.to_thread(shutil.disk_usage, home)
    share = usage.free / usage.total
    facts: dict[str, Any] = {"free_gb": round(usage.free / 2**30, 1), "percent": round(share * 100)}
    if share < _FULL:
        return [failed("disk", "full", **facts)]
    if share < _LOW:
        return [warned("disk", "low", **facts)]
    return [fine("disk", **facts)]


async def workers(db: Database) -> Sequence[Finding]:
    """Somebody must decide and deliver, and somebody must hold the links to PBXs."""
    async with db.single() as unit:
        alive = await CheckUpViews(unit.connection).roles_everywhere(_ALIVE_S)
    missing = [role for role in ("worker", "pbx") if not alive.get(role)]
    if missing:
        return [failed("workers", "missing", roles=", ".join(missing))]
    return [fine("workers", workers=alive["worker"], pbx=alive["pbx"])]


async def public_url(settings: Settings, clock: Clock) -> Sequence[Finding]:
    """Reach ourselves the way CRMs and PBXs do."""
    url = settings.public_url
    host = urlsplit(url).hostname or ""
    http = HttpClient(clock=clock, allowed_hosts=[host])
    try:
        answer = await http.request("GET", f"{url}/health", timeout_s=_ADDRESS_TIMEOUT_S)
    except WireError as error:
        return [failed("public_url", "unreachable", url=url, reason=str(error))]
    finally:
        await http.close()
    said = _health(answer.body)
    if answer.status != 200 or "checks" not in said:  # noqa: PLR2004  HTTP's own number
        return [failed("public_url", "stranger", url=url, status=answer.status)]
    if said.get("version") != __version__:
        return [warned("public_url", "version", url=url, other=said.get("version"))]
    if _local(host):
        return [warned("public_url", "local", url=url)]
    if not settings.https:
        return [warned("public_url", "insecure", url=url)]
    return [fine("public_url", url=url)]


async def master_key(settings: Settings) -> Sequence[Finding]:
    """Whoever reads the key file reads every secret."""
    if settings.master_keys is not None:
        return [fine("master_key", "environment")]
    path = settings.home / "master.key"
    if not path.exists():
        return [failed("master_key", "absent", path=str(path))]
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return [failed("master_key", "open", path=str(path), mode=f"{mode:04o}")]
    return [fine("master_key", path=str(path))]


async def version() -> Sequence[Finding]:
    return [fine("version", version=__version__, python=platform.python_version())]


async def storage(objects: Objects, ids: Ids) -> Sequence[Finding]:
    """Write a small object where recordings lie, read it, delete it."""
    key, body = f"doctor/{ids.uuid().hex}", b"kommutator"
    with TemporaryDirectory(prefix="kommutator-doctor-") as folder:
        source = Path(folder) / "probe"
        await asyncio.to_thread(source.write_bytes, body)
        try:
            await objects.put(key, source)
            try:
                async with objects.as_file(key, Path(folder)) as copy:
                    same = await asyncio.to_thread(copy.read_bytes) == body
            finally:
                await objects.delete(key)
        except (StorageError, OSError) as error:
            return [failed("storage", "away", reason=str(error) or type(error).__name__)]
    return [fine("storage")] if same else [failed("storage", "differs")]


def no_database(reason: str) -> Finding:
    return failed("database", "away", reason=reason)


def old_schema(found: str) -> Finding:
    return failed("database", "old_schema", wanted=found)


def not_looked(check: str) -> Finding:
    """Because the database is away."""
    return skipped(check, "no_database")


def _drift(check: str, seconds: float) -> Finding:
    facts: dict[str, Any] = {"seconds": round(seconds, 2) + 0.0}  # no "-0.0"
    if abs(seconds) > _FAR_S:
        return failed(check, "far", **facts)
    if abs(seconds) > _DRIFT_S:
        return warned(check, "drift", **facts)
    return fine(check, **facts)


pbx_drift = _drift
"""The same measure for a PBX's clock."""


def _local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or "." not in host


def _health(body: bytes) -> dict[str, object]:
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, InvalidInput):
        return {}
    return said if isinstance(said, dict) else {}
