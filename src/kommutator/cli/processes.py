"""`up`, `api`, `worker`, `pbx`: the processes of the service."""

from __future__ import annotations

import secrets
import sys
import time
from contextlib import AsyncExitStack
from typing import Annotated, Literal

import typer

from kommutator import __version__
from kommutator.app import ROLES, Application
from kommutator.cli.frame import app, pbx_app, run, say, settings_with
from kommutator.serve import application, database, home_alone, http, until_told
from kommutator.settings import Settings

_STARTED = time.perf_counter()
_GENERATED_PASSWORD_BYTES = 12


@app.command()
def up(
    *,
    demo: Annotated[
        bool, typer.Option(help="With fake vendors and a private Asterisk to play with.")
    ] = True,
    port: Annotated[int | None, typer.Option(help="Port of the HTTP door.")] = None,
    crm_port: Annotated[
        int, typer.Option(help="Port of the fake RetailCRM; the other vendors follow it.")
    ] = 18101,
    street_port: Annotated[int, typer.Option(help="Port of the client's telephone.")] = 18110,
) -> None:
    """Start everything in one process and stay in the foreground."""
    settings = settings_with(port=port)
    run(_up_with_demo(settings, crm_port, street_port) if demo else _up(settings))


async def _up(settings: Settings) -> int:
    # Production: no fake vendor can be imported from here, by mistake or otherwise.
    sys.modules["kommutator.twins"] = None  # type: ignore[assignment]  # Python's way to forbid
    async with AsyncExitStack() as stack:
        stack.enter_context(home_alone(settings.home))
        dsn = await stack.enter_async_context(database(settings))
        running = await stack.enter_async_context(application(settings, dsn, roles=ROLES))
        await stack.enter_async_context(http(running.asgi, settings))
        await _welcome(running, settings)
        await until_told()
        say("cli.stopping")
    return 0


async def _up_with_demo(settings: Settings, crm_port: int, street_port: int) -> int:
    from kommutator.demo import up as world

    settings = world.demo_settings(settings)
    async with AsyncExitStack() as stack:
        stack.enter_context(home_alone(settings.home))
        ready = await stack.enter_async_context(world.stage(settings, crm_port=crm_port))
        settings = world.with_vendors(settings, ready)
        dsn = await stack.enter_async_context(database(settings))
        running = await stack.enter_async_context(application(settings, dsn, roles=ROLES))
        await stack.enter_async_context(http(running.asgi, settings))
        report = await stack.enter_async_context(
            world.demo(settings, running, ready, street_port=street_port)
        )
        await _welcome(running, settings)
        say("cli.up.crm", url=report.urls["retailcrm"])
        say("cli.up.amocrm", url=report.urls["amocrm"])
        say("cli.up.yclients", url=report.urls["yclients"])
        say("cli.up.telegram", url=report.urls["telegram"])
        say("cli.up.avito", url=report.urls["avito"])
        if "whatsapp" in report.urls:
            say("cli.up.whatsapp", url=report.urls["whatsapp"])
            say("cli.up.chat", url=world.chat_url(report))
            say("cli.up.salon_phone", url=world.salon_phone_url(report))
            say("cli.up.inbox", url=f"{settings.public_url}/console/inbox")
        for name, reason in report.missing.items():
            say("cli.twins.missing", name=name, reason=reason)
        say("cli.up.street", url=report.street_url)
        if report.without_pbx is None:
            say("cli.up.pbx")
        else:
            say("cli.up.no_pbx", reason=report.without_pbx)
        say("cli.up.demo")
        await until_told()
        say("cli.stopping")
    return 0


async def _welcome(running: Application, settings: Settings) -> None:
    password = await _first_admin(running, settings)
    seconds = time.perf_counter() - _STARTED
    say("cli.up.ready", seconds=f"{seconds:.1f}", version=__version__)
    say("cli.up.console", url=f"{settings.public_url}/console/")
    say("cli.up.login", email=settings.admin_email)
    say("cli.up.password" if password else "cli.up.password_known", password=password)


async def _first_admin(running: Application, settings: Settings) -> str | None:
    """Make the first administrator; returns a generated password, to be shown this once."""
    chosen = settings.admin_password
    password = (
        chosen.get_secret_value() if chosen else secrets.token_urlsafe(_GENERATED_PASSWORD_BYTES)
    )
    made = await running.house.people.ensure_first_admin(settings.admin_email, password)
    return password if made is not None and chosen is None else None


@app.command()
def api(
    only: Annotated[
        Literal["retailcrm", "amocrm", "yclients", "asterisk", "channels"] | None,
        typer.Option(
            help="Only one service: retailcrm, amocrm, yclients, asterisk or channels (messengers)."
        ),
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port of the HTTP door.")] = None,
) -> None:
    """Answer HTTP; deliver nothing. Any number of these may run."""
    run(_role(settings_with(port=port), ("api",), only))


WatchPort = Annotated[
    int | None, typer.Option("--port", help="Port of /health, /ready and /metrics; else none.")
]


@app.command()
def worker(port: WatchPort = None) -> None:
    """Decide and deliver. Any number of these may run."""
    run(_role(settings_with(port=port), ("worker",), watched=port is not None))


@pbx_app.callback(invoke_without_command=True)
def pbx(context: typer.Context, port: WatchPort = None) -> None:
    """Hold the links to PBXs. Any number of these may run; each PBX has one link."""
    if context.invoked_subcommand is None:
        run(_role(settings_with(port=port), ("pbx",), watched=port is not None))


async def _role(
    settings: Settings, roles: tuple[str, ...], only: str | None = None, *, watched: bool = True
) -> int:
    """`watched`: open the HTTP door, be it only for health and metrics."""
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(database(settings))
        running = await stack.enter_async_context(
            application(settings, dsn, roles=roles, only=only)
        )
        if watched:
            await stack.enter_async_context(http(running.asgi, settings))
        if "api" in roles and (password := await _first_admin(running, settings)):
            say("cli.up.login", email=settings.admin_email)
            say("cli.up.password", password=password)
        port = settings.port if watched else "—"
        say("cli.role.ready", roles=", ".join(roles), port=port)
        await until_told()
        say("cli.stopping")
    return 0
