"""Looking after a standing system: migrate, replay, keys, settings."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from kommutator.cli.frame import app, run, say, settings_with
from kommutator.domain.tenancy import enterprise_number
from kommutator.flows.rotate_keys import rotate
from kommutator.kit.keyring import new_key
from kommutator.serve import application, database
from kommutator.settings import Settings
from kommutator.store import migrate


@app.command(name="migrate")
def migrate_() -> None:
    """Bring the database to this version's schema."""
    run(_migrate(settings_with()))


async def _migrate(settings: Settings) -> int:
    async with database(settings):
        say("cli.migrate.done", revision=migrate.head())
    return 0


@app.command()
def replay(
    enterprise: Annotated[str, typer.Argument(help="Number of the enterprise, e.g. 0367.")],
    ids: Annotated[list[int] | None, typer.Option("--id", help="Command to repeat.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Start of a span of time.")] = None,
    until: Annotated[datetime | None, typer.Option(help="End of a span of time.")] = None,
) -> None:
    """Try given-up commands again: some of them by id, or all of a span of time."""
    run(_replay(settings_with(), enterprise, ids or [], since, until))


async def _replay(
    settings: Settings,
    number: str,
    ids: list[int],
    since: datetime | None,
    until: datetime | None,
) -> int:
    enterprise = enterprise_number(number)
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(database(settings))
        running = await stack.enter_async_context(application(settings, dsn, roles=()))
        again = running.house.replay
        assert again is not None
        if since is not None and until is not None:
            count = await again.span(
                enterprise, since.astimezone(), until.astimezone(), actor="cli"
            )
        elif ids:
            count = await again.commands(enterprise, ids, actor="cli")
        else:
            say("cli.replay.what")
            return 2
    say("cli.replay.done", count=count)
    return 0


@app.command(name="rotate-keys")
def rotate_keys() -> None:
    """Bring every stored secret under the first master key."""
    run(_rotate(settings_with()))


async def _rotate(settings: Settings) -> int:
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(database(settings))
        running = await stack.enter_async_context(application(settings, dsn, roles=()))
        done = await rotate(running.house.db, running.house.vault)
    say("cli.rotate.done", rewrapped=done.rewrapped, current=done.current)
    for connection_id in done.failed:
        say("cli.rotate.failed", connection=str(connection_id))
    return 1 if done.failed else 0


@app.command(name="new-key")
def new_master_key(
    name: Annotated[str, typer.Argument(help="A name no other key has, e.g. k2.")],
) -> None:
    """Print a fresh master key, to be put in front of the others before `rotate-keys`."""
    typer.echo(new_key(name))


@app.command()
def settings(
    *, show_home: Annotated[bool, typer.Option(help="Print only the home folder.")] = False
) -> None:
    """Check the settings and say what is wrong, all of it at once."""
    found = settings_with()
    if show_home:
        typer.echo(str(Path(found.home).resolve()))
        return
    say("cli.settings.fine", home=str(Path(found.home).resolve()), url=found.public_url)
