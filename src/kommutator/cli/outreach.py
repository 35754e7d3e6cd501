"""`outreach pause`, `resume`, `status`: the switch of messages nobody asked for."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Annotated

import typer

from kommutator.cli.frame import app, out, run, say, settings_with, words
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role, enterprise_number
from kommutator.flows.outreach.desk import OutreachDesk
from kommutator.serve import application, database
from kommutator.settings import Settings

outreach_app = typer.Typer(add_completion=False, rich_markup_mode=None)
app.add_typer(outreach_app, name="outreach", help="Messages nobody asked for.")

_Number = Annotated[
    str | None, typer.Option("--enterprise", help="Only this one, e.g. 0367; else all.")
]


@outreach_app.command()
def pause(enterprise: _Number = None) -> None:
    """Stop them at once; what is owed and has not left is taken back. Replies go on."""
    run(_switch(settings_with(), enterprise, pause=True))


@outreach_app.command()
def resume(enterprise: _Number = None) -> None:
    """Send again what is still worth something."""
    run(_switch(settings_with(), enterprise, pause=False))


@outreach_app.command()
def status() -> None:
    """What is paused and why, and how many messages wait."""
    run(_status(settings_with()))


async def _switch(settings: Settings, number: str | None, *, pause: bool) -> None:
    async with AsyncExitStack() as stack:
        desk = await _desk(stack, settings)
        if number is not None:
            await _of_one(desk, enterprise_number(number), pause=pause)
        elif pause:
            await desk.pause_everywhere("cli")
        else:
            await desk.resume_everywhere()
        await _tell(desk)


async def _of_one(desk: OutreachDesk, enterprise: EnterpriseNumber, *, pause: bool) -> None:
    actor = Actor("cli", Role.ENTERPRISE_ADMIN, enterprise)
    await (desk.pause if pause else desk.resume)(actor, enterprise)


async def _status(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        await _tell(await _desk(stack, settings))


async def _desk(stack: AsyncExitStack, settings: Settings) -> OutreachDesk:
    dsn = await stack.enter_async_context(database(settings))
    running = await stack.enter_async_context(application(settings, dsn, roles=()))
    return running.house.outreach


async def _tell(desk: OutreachDesk) -> None:
    texts, locale = words()
    pauses = await desk.pauses_everywhere()
    for one in pauses:
        why = texts.translate(locale, f"outreach.pause.{one.reason}")
        whose = one.enterprise or "*"
        number = f" {one.connection_id}" if one.connection_id else ""
        out.print(f"{whose}{number}  {one.since:%Y-%m-%d %H:%M} UTC  {one.by}: {why}", markup=False)
    if not pauses:
        say("cli.outreach.running")
    waiting = await desk.waiting_everywhere()
    for kind, count in sorted(waiting.items()):
        what = texts.translate(locale, f"outreach.kind.{kind}")
        out.print(f"{count:>6}  {what}", markup=False)
