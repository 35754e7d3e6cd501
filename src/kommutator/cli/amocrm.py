"""`amocrm widget build`: what the other side has to be given."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kommutator.cli.frame import amocrm_app, say, settings_with, stop_with
from kommutator.connectors.crm.amocrm.widget import pack_widget
from kommutator.kit.errors import UserError

widget_app = typer.Typer(add_completion=False, rich_markup_mode=None)
amocrm_app.add_typer(widget_app, name="widget", help="The widget for amoCRM's pages.")


@widget_app.callback()
def widget() -> None:
    """Click-to-call inside amoCRM's cards."""


@widget_app.command(name="build")
def build(
    out: Annotated[Path, typer.Option(help="The archive to write.")] = Path("widget.zip"),
    *,
    url: Annotated[
        str | None, typer.Option(help="Where browsers reach this service; https.")
    ] = None,
    version: Annotated[
        str, typer.Option(help="Raise it with each upload: amoCRM's caches go by it.")
    ] = "1.0.0",
) -> None:
    """Pack the widget that amoCRM's integration card takes."""
    try:
        archive = pack_widget(url or settings_with().public_url, version)
        out.write_bytes(archive)
    except UserError as error:
        stop_with(error)
    except OSError as error:
        say("cli.widget_unwritable", path=str(out), reason=error.strerror or str(error))
        raise typer.Exit(1) from None
    say("cli.widget_built", path=str(out))
