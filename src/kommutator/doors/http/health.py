"""Is it alive, is it ready, how does it fare."""

from __future__ import annotations

import asyncio
import hmac
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from kommutator import __version__
from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import actor, house_of
from kommutator.doors.http.client import Client
from kommutator.flows.house import House, Probe
from kommutator.kit.errors import Forbidden
from kommutator.kit.metrics import CONTENT_TYPE

_PATIENCE_S = 2.0
router = APIRouter(tags=["health"])


class Check(BaseModel):
    """One dependency."""

    ok: bool
    ms: float = Field(description="How long the answer took, milliseconds.")
    problem: str | None = Field(None, description="Kind of failure, without details.")


class Health(BaseModel):
    """`status` is `ok` if every dependency answered, else `degraded`."""

    status: str
    version: str
    checks: dict[str, Check]


async def guarded(request: Request) -> None:
    """From this machine, with the metrics token, or by platform staff. Raises Forbidden."""
    client: Client = request.state.client
    if client.direct_loopback or _has_token(request):
        return
    who = await actor(request)
    if who.enterprise is not None or not who.may(Permission.ADMINISTER):
        raise Forbidden("not_allowed")


@router.get("/health", summary="Liveness and the state of each dependency")
async def health(request: Request) -> Health:
    """Always 200 while the process answers."""
    return await _health(house_of(request))


@router.get("/ready", summary="Whether requests should be sent here", responses={503: {}})
async def ready(request: Request) -> Response:
    """503 while the database does not answer."""
    house = house_of(request)
    check = await _ask(house, "database", _database(house))
    body = {"ready": check.ok}
    return JSONResponse(body, 200 if check.ok else 503)


@router.get("/stats", summary="Counters of caches and queues", dependencies=[Depends(guarded)])
async def stats(request: Request) -> dict[str, Any]:
    """Numbers over all tenants."""
    house = house_of(request)
    async with house.db.unit() as unit:
        queues = await unit.figures.queues_everywhere()
    return {
        "version": __version__,
        "config_cache": dict(house.directory.stats()),
        "key_cache": dict(house.keys.stats()),
        "queues": queues,
    }


@router.get("/metrics", summary="For Prometheus", response_class=Response)
async def metrics(request: Request, _: Annotated[None, Depends(guarded)]) -> Response:
    """The text format 0.0.4."""
    return Response(house_of(request).metrics.render(), media_type=CONTENT_TYPE)


async def _health(house: House) -> Health:
    probes = {"database": _database(house), **house.probes}
    checks = dict(
        zip(
            probes,
            await asyncio.gather(*(_ask(house, name, probe) for name, probe in probes.items())),
            strict=True,
        )
    )
    fine = all(check.ok for check in checks.values())
    return Health(status="ok" if fine else "degraded", version=__version__, checks=checks)


async def _ask(house: House, name: str, probe: Probe) -> Check:
    began = house.clock.monotonic()
    problem = None
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await probe()
    except Exception as error:  # noqa: BLE001  whatever it says, the dependency does not work
        problem = type(error).__name__
    house.metrics.up.labels(dependency=name).set(problem is None)
    took = (house.clock.monotonic() - began) * 1000
    return Check(ok=problem is None, ms=round(took, 2), problem=problem)


def _database(house: House) -> Probe:
    async def probe() -> None:
        async with house.db.unit():
            pass  # begin and commit are two answers of the server

    return probe


def _has_token(request: Request) -> bool:
    token = house_of(request).settings.metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    return token is not None and hmac.compare_digest(
        given.encode("utf-8", "replace"), token.get_secret_value().encode()
    )
