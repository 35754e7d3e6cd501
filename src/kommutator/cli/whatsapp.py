"""`whatsapp list`, `link`, `logout`: an enterprise's phones without a browser.

The line itself is held by a worker process; these commands say what is wished and show what comes.
"""

from __future__ import annotations

import io
from contextlib import AsyncExitStack
from typing import Annotated, Final
from uuid import UUID

import segno
import typer

from kommutator.cli.frame import app, out, run, say, settings_with, words
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role, enterprise_number
from kommutator.domain.whatsapp.states import TALKS, WAITS_FOR_PERSON
from kommutator.flows.house import House
from kommutator.flows.whatsapp.shown import SessionShown
from kommutator.serve import application, database
from kommutator.settings import Settings

whatsapp_app = typer.Typer(add_completion=False, rich_markup_mode=None)
app.add_typer(whatsapp_app, name="whatsapp", help="Phones linked by QR.")

_LOOK_S: Final = 0.3
_Number = Annotated[str, typer.Option("--enterprise", help="Number of the enterprise, e.g. 0367.")]
_Which = Annotated[
    UUID | None, typer.Option("--connection", help="Which phone, if there are several (see list).")
]


@whatsapp_app.command(name="list")
def list_(enterprise: _Number) -> None:
    """How the phones of an enterprise stand, and what to do."""
    run(_list(_quiet(), enterprise))


@whatsapp_app.command()
def link(
    enterprise: _Number,
    connection: _Which = None,
    *,
    phone: Annotated[
        str | None, typer.Option(help="Show eight characters to type on this phone; no QR code.")
    ] = None,
) -> None:
    """Show a QR code here and wait until it was scanned. A worker must be running."""
    run(_link(_quiet(), enterprise, connection, phone))


@whatsapp_app.command()
def logout(enterprise: _Number, connection: _Which = None) -> None:
    """Have the phone forget us, and wipe the keys. The chats stay."""
    run(_logout(_quiet(), enterprise, connection))


def _quiet() -> Settings:
    return settings_with(log_level="error")


async def _list(settings: Settings, number: str) -> None:
    async with AsyncExitStack() as stack:
        house = await _house(stack, settings)
        await _tell(house, enterprise_number(number))


async def _link(settings: Settings, number: str, which: UUID | None, phone: str | None) -> int:
    enterprise = enterprise_number(number)
    async with AsyncExitStack() as stack:
        house = await _house(stack, settings)
        connection = await _chosen(house, enterprise, which, new=True)
        if connection is None:
            return 1
        method = "qr" if phone is None else "code"
        await house.whatsapp.link(enterprise, connection, method, phone)
        say("cli.whatsapp.wait")
        return await _until_linked(house, enterprise, connection)


async def _until_linked(house: House, enterprise: EnterpriseNumber, connection: UUID) -> int:
    told: object = None
    while True:
        shown = await house.whatsapp.state(enterprise, connection)
        if shown.state in TALKS or shown.state in WAITS_FOR_PERSON:
            _print(shown)
            return 0 if shown.state in TALKS else 1
        news = shown.qr.text if shown.qr is not None else shown.pairing_code
        if news is not None and news != told:
            told = news
            if shown.qr is not None:
                typer.echo(_drawn(shown.qr.text))
            else:
                say("cli.whatsapp.code", code=news)
        await house.clock.sleep(_LOOK_S)


async def _logout(settings: Settings, number: str, which: UUID | None) -> int:
    enterprise = enterprise_number(number)
    async with AsyncExitStack() as stack:
        house = await _house(stack, settings)
        connection = await _chosen(house, enterprise, which, new=False)
        if connection is None:
            return 1
        await house.whatsapp.log_out(_actor(enterprise), enterprise, connection)
        await _tell(house, enterprise)
    return 0


async def _chosen(
    house: House, enterprise: EnterpriseNumber, which: UUID | None, *, new: bool
) -> UUID | None:
    """The phone that is meant; a new one where there is none. None: it cannot be told which."""
    if which is not None:
        return which
    found = await house.whatsapp.list(enterprise)
    if len(found) == 1:
        return found[0].connection_id
    if not found and new:
        return (await house.whatsapp.create(_actor(enterprise), enterprise, None)).id
    say("cli.whatsapp.which" if found else "cli.whatsapp.none")
    await _tell(house, enterprise)
    return None


async def _tell(house: House, enterprise: EnterpriseNumber) -> None:
    for shown in await house.whatsapp.list(enterprise):
        _print(shown)


def _print(shown: SessionShown) -> None:
    texts, locale = words()
    whose = " ".join(filter(None, (shown.phone or "—", shown.name)))
    state = texts.translate(locale, shown.slug)
    out.print(f"{shown.connection_id}  {whose}  {shown.state.value}: {state}", markup=False)
    if shown.reason_slug is not None:
        out.print(f"    {texts.translate(locale, shown.reason_slug)}", markup=False)
    out.print(f"    {texts.translate(locale, f'{shown.slug}.action')}", markup=False)


def _drawn(text: str) -> str:
    """Two modules in one character, so that it fits on a screen of 80 columns."""
    drawing = io.StringIO()
    segno.make(text, micro=False, error="l").terminal(drawing, compact=True)
    return drawing.getvalue()


async def _house(stack: AsyncExitStack, settings: Settings) -> House:
    dsn = await stack.enter_async_context(database(settings))
    running = await stack.enter_async_context(application(settings, dsn, roles=()))
    return running.house


def _actor(enterprise: EnterpriseNumber) -> Actor:
    return Actor("cli", Role.ENTERPRISE_ADMIN, enterprise)
