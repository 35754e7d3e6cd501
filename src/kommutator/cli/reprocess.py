"""`reprocess`: conclude a past period anew, see the difference, and correct it."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.table import Table

from kommutator.cli.frame import app, out, run, say, settings_with, t
from kommutator.connectors.pbx.asterisk.cdr import read_cdr
from kommutator.connectors.pbx.asterisk.cel import read_cel
from kommutator.connectors.pbx.asterisk.channels import Wiring
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import EnterpriseNumber, enterprise_number
from kommutator.flows.house import House
from kommutator.flows.reprocess import Finding, Ledger, Report
from kommutator.kit.errors import InvalidInput
from kommutator.kit.given import on_calendar
from kommutator.kit.zones import is_zone
from kommutator.serve import application, database
from kommutator.settings import Settings


@app.command()
def reprocess(
    enterprise: Annotated[str, typer.Option(help="Number of the enterprise, e.g. 0367.")],
    since: Annotated[datetime, typer.Option(help="Calls that began at or after this moment.")],
    until: Annotated[datetime, typer.Option(help="Calls that began before this moment.")],
    *,
    apply: Annotated[bool, typer.Option("--apply", help="Correct the calls.")] = False,
    cel: Annotated[Path | None, typer.Option(help="The PBX's CEL file, CSV.")] = None,
    cdr: Annotated[Path | None, typer.Option(help="The PBX's CDR file, CSV.")] = None,
    zone: Annotated[
        str | None, typer.Option(help="Time zone of the file, e.g. Europe/Minsk or UTC.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Conclude the calls of a past period anew. Without --apply nothing changes."""
    if cel is not None and cdr is not None:
        raise typer.BadParameter("give either --cel or --cdr")
    try:
        span = (on_calendar(since.astimezone()), on_calendar(until.astimezone()))
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter("--since and --until must lie within the calendar") from error
    book = _Book(cel or cdr, coarse=cel is None, zone=zone)
    run(_reprocess(settings_with(), enterprise, span, book, as_json=as_json, apply=apply))


@dataclass(frozen=True, slots=True)
class _Book:
    """A file of the PBX's; `coarse`: of CDRs."""

    file: Path | None
    coarse: bool
    zone: str | None


async def _reprocess(
    settings: Settings,
    number: str,
    span: tuple[datetime, datetime],
    book: _Book,
    *,
    as_json: bool,
    apply: bool,
) -> int:
    enterprise = enterprise_number(number)
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(database(settings))
        running = await stack.enter_async_context(application(settings, dsn, roles=()))
        house = running.house
        await house.directory.known(enterprise)
        assert house.reprocess is not None
        ledger = await _ledger(house, enterprise, book, book.file) if book.file else None
        report = await house.reprocess.span(
            enterprise, *span, actor="cli", apply=apply, ledger=ledger
        )
    if as_json:
        typer.echo(msgspec.json.encode(report).decode())
    else:
        _show(report, apply=apply)
    return 0


async def _ledger(house: House, enterprise: EnterpriseNumber, book: _Book, file: Path) -> Ledger:
    """Raises InvalidInput: `ledger_not_opened`, `ledger_not_readable`, `time_zone_unknown`."""
    pbx = await house.directory.account_of(enterprise, ConnectionKind.ASTERISK)
    wiring = Wiring.of(pbx.config if pbx else {})
    name = book.zone or (pbx.time_zone if pbx else "UTC")
    if not is_zone(name):
        raise InvalidInput("time_zone_unknown", zone=name)
    try:
        text = file.read_text(encoding="utf-8", errors="replace").splitlines()  # noqa: ASYNC240  nobody waits for this loop
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidInput("ledger_not_opened", file=str(file), reason=reason) from error
    if book.coarse:
        return Ledger("cdr", read_cdr(text, wiring, ZoneInfo(name)))
    return Ledger("cel", read_cel(text, wiring, ZoneInfo(name)))


def _show(report: Report, *, apply: bool) -> None:
    if report.findings:
        table = Table(t("cli.reprocess.began"), t("cli.reprocess.client"), t("cli.reprocess.what"))
        for finding in report.findings:
            began = f"{finding.started_at.astimezone():%d.%m.%Y %H:%M:%S}"
            table.add_row(began, finding.client or "—", _words(finding))
        out.print(table)
    counts: dict[str, Any] = {
        name: report.counts[name]
        for name in ("same", "changed", "new", "vanished", "living", "before", "no_events", "moved")
    }
    say("cli.reprocess.summary", **counts)
    say("cli.reprocess.left", **counts)
    if apply:
        say("cli.reprocess.applied", applied=report.applied, owed=report.owed)
    else:
        say("cli.reprocess.dry")


def _words(finding: Finding) -> str:
    head = t(f"cli.reprocess.outcome.{finding.outcome}")
    lines = [
        f"{change.field}: {_value(change.before)} → {_value(change.after)}"
        for change in finding.differences
    ]
    if finding.into:
        lines.append(f"→ {finding.into}")
    return "\n".join([f"{head} · {finding.call_id}", *lines])


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "—"
    return "—" if value is None else str(value)
