"""`amocrm bulk`: many cards written from a file, with a bar that shows how far it is."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from kommutator.cli.frame import amocrm_app, out, run, say, settings_with, t
from kommutator.domain.bulk import BulkAction, ItemState
from kommutator.domain.bulk_sheet import read_sheet
from kommutator.domain.crm_data import EntityKind
from kommutator.domain.tenancy import Actor, Role, enterprise_number
from kommutator.flows.amocrm.bulk import Progress as Seen
from kommutator.flows.house import House
from kommutator.kit.errors import InvalidInput
from kommutator.serve import application, database
from kommutator.settings import Settings

_LOOK_S = 0.5
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class _Order:
    file: Path
    enterprise: str
    account: str | None
    kind: EntityKind
    action: BulkAction
    batch: int | None
    wait: bool


@amocrm_app.command(name="bulk")
def bulk(
    file: Annotated[Path, typer.Argument(help="CSV or JSON.")],
    enterprise: Annotated[str, typer.Option(help="Number of the enterprise, e.g. 0367.")],
    *,
    entity: Annotated[EntityKind, typer.Option(help="What the cards are.")] = EntityKind.LEADS,
    action: Annotated[
        BulkAction, typer.Option(help="Change cards by id, or create new ones.")
    ] = BulkAction.UPDATE,
    account: Annotated[
        str | None, typer.Option(help="amoCRM's account id, where there are several.")
    ] = None,
    batch: Annotated[
        int | None, typer.Option(min=1, max=250, help="Items a request; 50 unless told.")
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Work it off here and now, and show how far it is.")
    ] = False,
) -> None:
    """Write many cards. Without --wait a running worker does it, and this returns at once."""
    order = _Order(file, enterprise, account, entity, action, batch, wait)
    run(_bulk(settings_with(), order))


async def _bulk(settings: Settings, order: _Order) -> int:
    enterprise = enterprise_number(order.enterprise)
    items = read_sheet(_content(order.file))
    actor = Actor("cli", Role.ENTERPRISE_ADMIN, enterprise)
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(database(settings))
        roles = ("worker",) if order.wait else ()
        running = await stack.enter_async_context(application(settings, dsn, roles=roles))
        house = running.house
        await house.directory.known(enterprise)
        account = await house.amocrm_accounts.acting(actor, enterprise, order.account)
        seen = await house.bulk.order(actor, account, order.kind, order.action, items, order.batch)
        say("cli.bulk.ordered", id=seen.job.id, n=seen.job.total)
        if order.wait:
            seen = await _follow(house, actor, seen)
            return await _tell(house, actor, seen)
    return 0


def _content(file: Path) -> bytes:
    """Raises InvalidInput: `ledger_not_opened`."""
    try:
        return file.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidInput("ledger_not_opened", file=str(file), reason=reason) from error


async def _follow(house: House, actor: Actor, seen: Seen) -> Seen:
    """Until every item has its result."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=out) as bar:
        task = bar.add_task(t("cli.bulk.working"), total=seen.job.total)
        while seen.job.finished_at is None:
            await asyncio.sleep(_LOOK_S)
            seen = await house.bulk.get(actor, seen.job.enterprise, seen.job.id)
            words = t("cli.bulk.waits", reason=seen.job.error) if seen.job.error else ""
            bar.update(task, completed=seen.ended, description=words or t("cli.bulk.working"))
    return seen


async def _tell(house: House, actor: Actor, seen: Seen) -> int:
    """How it ended; 1 if the CRM refused something."""
    refused = seen.counts[ItemState.REFUSED]
    say("cli.bulk.done", done=seen.counts[ItemState.DONE], refused=refused)
    if not refused:
        return 0
    items = await house.bulk.items(
        actor, seen.job.enterprise, seen.job.id, state=ItemState.REFUSED, limit=_SHOWN
    )
    table = Table(t("cli.bulk.position"), "id", t("cli.bulk.reason"))
    for item in items:
        table.add_row(str(item.position), str(item.entity_id or "—"), item.error or "—")
    out.print(table)
    return 1
