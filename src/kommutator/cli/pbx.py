"""`pbx setup`, `pbx client-id`: the files and the secret that others have to install."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import typer

from kommutator.cli.frame import pbx_app, run, say, settings_with, words
from kommutator.domain.pbx_files import Flavour
from kommutator.domain.tenancy import Actor, Role, enterprise_number
from kommutator.flows.pbx_setup import PbxBundle, PbxWishes, instructions, mode_of
from kommutator.serve import application, database
from kommutator.settings import Settings


@pbx_app.command(name="setup")
def setup(
    enterprise: Annotated[str, typer.Option(help="Number of the enterprise, e.g. 0367.")],
    *,
    flavour: Annotated[Flavour, typer.Option(help="What runs there.")] = Flavour.ASTERISK,
    technology: Annotated[
        str | None, typer.Option(help="Of the phones' channels: PJSIP or SIP.")
    ] = None,
    trunk: Annotated[str | None, typer.Option(help="Name of the provider's endpoint.")] = None,
    group_context: Annotated[
        str | None, typer.Option(help="Context that takes inbound calls without us.")
    ] = None,
    permit: Annotated[
        str | None, typer.Option(help="Address the PBX sees us come from, e.g. 203.0.113.10.")
    ] = None,
    host: Annotated[
        str | None, typer.Option(help="The PBX's address, if no connection is stored yet.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write the files into.")] = None,
    rotate_secret: Annotated[
        bool, typer.Option("--rotate-secret", help="Make all secrets in the files anew.")
    ] = False,
) -> None:
    """Write the dialplan, manager and recording files for the PBX of one enterprise."""
    wishes = PbxWishes(
        flavour=flavour,
        technology=technology,
        trunk=trunk,
        group=group_context,
        permit=permit,
        host=host,
        rotate=rotate_secret,
    )
    run(_setup(settings_with(), enterprise, wishes, out))


async def _setup(settings: Settings, number: str, wishes: PbxWishes, out: Path | None) -> int:
    enterprise = enterprise_number(number)
    actor = Actor("cli", Role.PLATFORM_ADMIN, None)
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(database(settings))
        running = await stack.enter_async_context(application(settings, dsn, roles=()))
        bundle = await running.house.pbx_setup.files(actor, enterprise, wishes)
    folder = out or Path(f"kommutator-pbx-{enterprise}")
    try:
        _write(folder, bundle)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        say("cli.pbx.folder_unusable", folder=str(folder), reason=reason)
        return 1
    say("cli.pbx.written", folder=str(folder), count=len(bundle.files) + 1)
    return 0


@pbx_app.command(name="client-id")
def client_id(
    enterprise: Annotated[str, typer.Option(help="Number of the enterprise, e.g. 0367.")],
    *,
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Make it anew; the old one is dead at once.")
    ] = False,
) -> None:
    """Show the secret by which the enterprise's own services place calls."""
    run(_client_id(settings_with(log_level="error"), enterprise, rotate=rotate))


async def _client_id(settings: Settings, number: str, *, rotate: bool) -> int:
    actor = Actor("cli", Role.PLATFORM_ADMIN, None)
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(database(settings))
        running = await stack.enter_async_context(application(settings, dsn, roles=()))
        enterprise = enterprise_number(number)
        found = await running.house.pbx_setup.client_id(actor, enterprise, rotate=rotate)
    typer.echo(found)
    return 0


def _write(folder: Path, bundle: PbxBundle) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in bundle.files:
        _put(folder / file.name, file.text, mode_of(file))
    texts, locale = words()
    _put(folder / "INSTALL.txt", instructions(texts, locale, bundle), 0o644)


def _put(path: Path, text: str, mode: int) -> None:
    """Secrets are never readable by others, not even for the moment of writing."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    path.chmod(mode)
