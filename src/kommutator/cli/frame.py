"""What every command shares: words, settings, and how it ends."""

from __future__ import annotations

import locale
import os
import socket
from collections.abc import Coroutine
from typing import Any, NoReturn

import typer
import uvloop
from rich.console import Console

from kommutator.kit.errors import KommutatorError, UserError
from kommutator.kit.postgres import PostgresError
from kommutator.kit.texts import Texts, choose_locale
from kommutator.serve import DatabaseUnreachable, HomeInUse, HomeUnusable, PortTaken
from kommutator.settings import Settings, SettingsError, load_settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
pbx_app = typer.Typer(add_completion=False, rich_markup_mode=None)
app.add_typer(pbx_app, name="pbx")
amocrm_app = typer.Typer(add_completion=False, rich_markup_mode=None)
app.add_typer(amocrm_app, name="amocrm", help="amoCRM and Kommo.")
out = Console(highlight=False, soft_wrap=True)
_texts = Texts.load()
_PORT = "KOMMUTATOR_PORT"


def words() -> tuple[Texts, str]:
    """The catalogs and the language of the terminal."""
    return _texts, _locale()


def say(msgid: str, /, **params: Any) -> None:
    out.print(t(msgid, **params))


def t(msgid: str, /, **params: Any) -> str:
    return _texts.translate(_locale(), msgid, **params)


def _locale() -> str:
    return choose_locale(
        os.environ.get("LC_ALL") or os.environ.get("LANG") or locale.getlocale()[0]
    )


def run(work: Coroutine[Any, Any, int | None]) -> None:
    """Run to the end; what a person can repair ends with a sentence, not with a traceback."""
    try:
        code = uvloop.run(work)
    except KeyboardInterrupt:
        code = 130
    except PortTaken as taken:
        say("cli.port_taken", port=taken.port, instead=taken.instead)
        code = 1
    except DatabaseUnreachable as error:
        say("cli.database_unreachable", reason=error.reason)
        code = 1
    except HomeUnusable as error:
        say("cli.home_unusable", home=error.home, reason=error.reason)
        code = 1
    except HomeInUse as error:
        say("cli.home_in_use", home=error.home)
        code = 1
    except PostgresError as error:
        say("cli.postgres_failed", reason=_gist(str(error)))
        code = 1
    except UserError as error:
        stop_with(error)
    except KommutatorError as error:
        out.print(str(error), markup=False)
        code = 1
    raise typer.Exit(code or 0)


def stop_with(error: UserError) -> NoReturn:
    """Say what a person can repair, and end."""
    text = _texts.error(_locale(), error)
    out.print(f"{text.message} {text.action}")
    raise typer.Exit(1) from None


def _gist(words: str) -> str:
    """The line of a server's last words that tells why."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    told = (line for line in lines if "FATAL" in line or "ERROR" in line or "error:" in line)
    return next(told, lines[-1] if lines else "")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def settings_with(**override: Any) -> Settings:
    """Settings from the environment, with what the command line says on top.

    Port 0 becomes a free one here: links, and the PBX of the demo, need to know which.
    """
    environment = dict(os.environ)
    for name, value in override.items():
        if value is not None:
            environment[f"KOMMUTATOR_{name.upper()}"] = str(value)
    if environment.get(_PORT) == "0":
        environment[_PORT] = str(_free_port())
    try:
        return load_settings(environment)
    except SettingsError as error:
        out.print(str(error), markup=False)
        raise typer.Exit(2) from None
