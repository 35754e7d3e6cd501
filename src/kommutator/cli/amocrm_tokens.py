"""`amocrm import-tokens` and `amocrm auth-code`: accounts without a browser."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from kommutator.cli.frame import amocrm_app, out, run, say, settings_with, words
from kommutator.domain.tenancy import Actor, Role, enterprise_number
from kommutator.flows.amocrm.adopt import Wish
from kommutator.flows.amocrm.import_tokens import ImportTokens, Line, Plan
from kommutator.kit.errors import InvalidInput, VendorError
from kommutator.serve import application, database
from kommutator.settings import Settings
from kommutator.store.foreign_tokens import read_foreign_tokens

_REFUSED = 1


@amocrm_app.command(name="import-tokens")
def import_tokens(
    source: Annotated[
        str, typer.Argument(help="A token file (JSON), or a DSN with the table amo_crm_tokens.")
    ],
    *,
    owner: Annotated[
        str | None, typer.Option(help="E-mail here, for tokens that name nobody we know.")
    ] = None,
    map_: Annotated[
        Path | None,
        typer.Option("--map", help="JSON or CSV: their user (id or e-mail) → e-mail here."),
    ] = None,
    enterprise: Annotated[
        str | None, typer.Option(help="Tokens without an owner become this enterprise's.")
    ] = None,
    domain: Annotated[
        str | None, typer.Option(help="Account, e.g. example.amocrm.ru; else AMOCRM_DOMAIN.")
    ] = None,
    apply: Annotated[
        bool, typer.Option(help="Do it; without this only say what would be.")
    ] = False,
) -> None:
    """Take over the tokens of the program that was used before. Stop that program first."""
    settings = settings_with()
    plan = Plan(
        domain=domain or settings.amocrm_domain,
        owners=_owners(map_),
        owner=owner,
        enterprise=enterprise_number(enterprise) if enterprise else None,
        apply=apply,
    )
    run(_import(settings, source, plan))


async def _import(settings: Settings, source: str, plan: Plan) -> int:
    try:
        rows = await _rows(source)
    except Exception as error:  # noqa: BLE001  whatever the driver says; it is said, without a DSN
        say("cli.import.unreadable", reason=type(error).__name__)
        return _REFUSED
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(database(settings))
        running = await stack.enter_async_context(application(settings, dsn, roles=()))
        house = running.house
        take_over = ImportTokens(house.db, house.amocrm.ways_in, clock=house.clock)
        lines = await take_over(rows, plan)
    for line in lines:
        _tell(line)
    fine = sum(line.fine for line in lines)
    say("cli.import.done" if plan.apply else "cli.import.dry", fine=fine, all=len(lines))
    return 0 if fine == len(lines) else _REFUSED


def _tell(line: Line) -> None:
    texts, locale = words()
    what = texts.translate(locale, f"cli.import.{line.outcome}")
    detail = f" ({line.detail})" if line.detail else ""
    out.print(f"{line.number:>4}  {line.owner or '?'}: {what}{detail}", markup=False)


async def _rows(source: str) -> Sequence[Mapping[str, Any]]:
    if "://" in source:
        return await read_foreign_tokens(source)
    held = json.loads(Path(source).read_text(encoding="utf-8"))  # noqa: ASYNC240  one small file, once
    rows = held if isinstance(held, list) else [held]
    return [row for row in rows if isinstance(row, dict)]


def _owners(path: Path | None) -> Mapping[str, str]:
    if path is None:
        return {}
    text = path.read_text(encoding="utf-8")
    if text.lstrip().startswith("{"):
        return {str(theirs): str(ours) for theirs, ours in json.loads(text).items()}
    rows = (row for row in csv.reader(text.splitlines()) if len(row) > 1)
    return {theirs.strip(): ours.strip() for theirs, ours, *_ in rows}


@amocrm_app.command(name="auth-code")
def auth_code(
    code: Annotated[
        str,
        typer.Option(
            prompt=True, hide_input=True, help="From the integration's card; asked for if missing."
        ),
    ],
    *,
    enterprise: Annotated[str | None, typer.Option(help="Number, e.g. 0367.")] = None,
    domain: Annotated[str | None, typer.Option(help="Account, e.g. example.amocrm.ru.")] = None,
) -> None:
    """Connect an account by the code of its integration's card: 20 minutes, once."""
    run(_auth_code(settings_with(), code, enterprise, domain))


async def _auth_code(settings: Settings, code: str, number: str | None, domain: str | None) -> int:
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(database(settings))
        running = await stack.enter_async_context(application(settings, dsn, roles=()))
        ways_in = running.house.amocrm.ways_in
        meant = number or settings.amocrm_enterprise or await ways_in.only_one()
        if meant is None:
            raise InvalidInput("enterprise_number_missing")
        enterprise = enterprise_number(meant)
        actor = Actor("cli", Role.ENTERPRISE_ADMIN, enterprise)
        try:
            record = await ways_in.by_code(Wish(actor, enterprise), code, domain)
        except VendorError as error:
            texts, locale = words()
            hint = f"hint.{error.hint}"
            known = error.hint is not None and texts.has(locale, hint)
            out.print(texts.translate(locale, hint) if known else error.message, markup=False)
            return _REFUSED
    say("cli.amocrm.connected", name=record.name, account=record.account_key or "")
    return 0
