"""`doctor`: is everything well, and if not, whose turn is it?

Exit code: 0 all well, 1 remarks, 2 something does not work.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from typing import Annotated

import msgspec
import typer
from rich.markup import escape

from kommutator.app import Application
from kommutator.cli.frame import app, out, run, say, settings_with, t, words
from kommutator.demo.notes import running_in
from kommutator.domain.finding import Finding, Health, exit_code
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role, enterprise_number
from kommutator.flows import check_house
from kommutator.flows.doctor import tell, without_database
from kommutator.kit.clock import SystemClock
from kommutator.kit.errors import InvalidInput
from kommutator.kit.postgres import PostgresError
from kommutator.serve import DatabaseUnreachable, HomeUnusable, application, database
from kommutator.settings import Settings
from kommutator.store import migrate

_ACTOR = Actor("cli", Role.PLATFORM_ADMIN, None)
_SIGNS = {
    Health.OK: "[green]✓[/]",
    Health.WARN: "[yellow]![/]",
    Health.FAIL: "[red]✗[/]",
    Health.SKIPPED: "[dim]–[/]",
}


@app.command()
def doctor(
    enterprise: Annotated[
        str | None, typer.Option(help="Number of an enterprise; without it, the platform only.")
    ] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Findings as JSON.")] = False,
    ring: Annotated[
        str | None, typer.Option(help="Also ring this extension of the enterprise.")
    ] = None,
    crm_record: Annotated[
        bool, typer.Option("--crm-record", help="Also write a record into the CRM and remove it.")
    ] = False,
) -> None:
    """Look at database, disk, clock, address, storage, PBX, CRM and queues; say what to repair."""
    settings = _as_it_runs(settings_with(log_level="error"))
    run(_doctor(settings, enterprise, ring, as_json=json, crm_record=crm_record))


def _as_it_runs(settings: Settings) -> Settings:
    """The demo's fake vendors are on this machine; only the demo itself is told so."""
    if not running_in(settings.home):
        return settings
    hosts = tuple({*settings.private_hosts, "127.0.0.1"})
    return settings.model_copy(update={"private_hosts": hosts})


async def _doctor(
    settings: Settings, number: str | None, ring: str | None, *, as_json: bool, crm_record: bool
) -> int:
    enterprise = None if number is None else enterprise_number(number)
    if enterprise is None and (ring is not None or crm_record):
        raise InvalidInput("enterprise_number_missing")
    found = await _findings(settings, enterprise, ring, crm_record=crm_record)
    _print(found, as_json=as_json)
    return exit_code(found)


async def _findings(
    settings: Settings, enterprise: EnterpriseNumber | None, ring: str | None, *, crm_record: bool
) -> list[Finding]:
    async with AsyncExitStack() as stack:
        try:
            dsn = await stack.enter_async_context(database(settings, upgrade=False))
        except (DatabaseUnreachable, HomeUnusable, PostgresError) as error:
            return await without_database(settings, SystemClock(), _reason(error))
        if not await migrate.is_current(dsn):
            rest = await without_database(settings, SystemClock(), "")
            return [check_house.old_schema(migrate.head()), *rest[1:]]
        running = await stack.enter_async_context(application(settings, dsn, roles=()))
        found = await running.house.doctor.platform()
        if enterprise is not None:
            found += await running.house.doctor.enterprise(enterprise)
            found += await _trials(running, enterprise, ring, crm_record=crm_record)
    return found


async def _trials(
    running: Application, enterprise: EnterpriseNumber, ring: str | None, *, crm_record: bool
) -> list[Finding]:
    trials, found = running.house.trials, []
    if ring is not None:
        found.append(await trials.ring(_ACTOR, enterprise, ring))
    if crm_record:
        found.append(await trials.crm_record(_ACTOR, enterprise, words()[1]))
    return found


def _print(found: Sequence[Finding], *, as_json: bool) -> None:
    texts, locale = words()
    told = [tell(texts, locale, finding) for finding in found]
    if as_json:
        lines = [
            {**asdict(one), "facts": dict(finding.facts)}
            for one, finding in zip(told, found, strict=True)
        ]
        typer.echo(msgspec.json.format(msgspec.json.encode({"findings": lines})).decode())
        return
    for finding, one in zip(found, told, strict=True):
        out.print(f"{_SIGNS[finding.health]} {escape(one.title)}: {escape(one.words)}")
        if one.repair:
            out.print(f"    {escape(one.repair)}")
    bad = sum(finding.health is Health.FAIL for finding in found)
    warned = sum(finding.health is Health.WARN for finding in found)
    if bad or warned:
        say("cli.doctor.found", bad=bad, warned=warned)
    else:
        out.print(t("cli.doctor.well"))


def _reason(error: Exception) -> str:
    if isinstance(error, DatabaseUnreachable):
        return error.reason
    return type(error).__name__
