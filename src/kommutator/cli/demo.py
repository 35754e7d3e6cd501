"""`demo` and `twins`: the fake world from the command line.

Imports the twins inside its commands only, so that production never loads them.
"""

from __future__ import annotations

import sys
from typing import Annotated

import aiohttp
import msgspec
import typer

from kommutator.cli.frame import app, out, run, say, settings_with, t
from kommutator.kit.clock import SystemClock
from kommutator.kit.ids import SystemIds
from kommutator.serve import until_told
from kommutator.settings import Settings


@app.command()
def demo() -> None:
    """Place one scripted call through the running system and watch it travel."""
    run(_demo(settings_with()))


async def _demo(settings: Settings) -> int:
    from kommutator.demo import notes as notebook
    from kommutator.demo.script import DemoFailed, Script, caller_of

    ids = SystemIds()
    found = notebook.load(settings.home, ids)
    if found.street_url is None:
        say("cli.demo.not_running")
        return 1
    async with aiohttp.ClientSession() as session:
        script = Script(session, found, clock=SystemClock(), caller=caller_of(ids.uuid().hex))
        try:
            async for step in script.steps():
                out.print(f"{step.after_s:7.3f} s  {t(f'cli.demo.{step.name}', **step.facts)}")
        except aiohttp.ClientConnectionError:
            say("cli.demo.not_running")
            return 1
        except DemoFailed as failure:
            say("cli.demo.failed", what=str(failure))
            return 1
    if found.chat_url is not None:
        say("cli.demo.chat", url=found.chat_url)
    say("cli.demo.right")
    return 0


@app.command()
def twins(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print addresses as JSON.")] = False,
    port: Annotated[
        int, typer.Option(help="Port of the fake RetailCRM; the others follow it.")
    ] = 18101,
) -> None:
    """Start the fake vendors alone."""
    run(_twins(as_json=as_json, port=port))


async def _twins(*, as_json: bool, port: int) -> int:
    from kommutator.demo.stage import PLACES
    from kommutator.twins import TwinsConfig, start_twins

    ports = {name: port + place if port else 0 for name, place in PLACES.items()}
    running = await start_twins(TwinsConfig(names=tuple(ports), ports=ports))
    try:
        described = running.describe()
        if as_json:
            typer.echo(msgspec.json.encode(described).decode())
        else:
            for name, facts in described.items():
                say("cli.twins.one", name=name, url=facts["base_url"])
        for name, reason in running.missing.items():
            typer.echo(t("cli.twins.missing", name=name, reason=reason), err=True)
        sys.stdout.flush()
        await until_told()
    finally:
        await running.stop()
    return 0
