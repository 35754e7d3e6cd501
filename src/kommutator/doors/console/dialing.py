"""The part of the settings about outgoing calls: what clicks may call, how often, shown as whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from starlette.datastructures import FormData

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.dialing import (
    USUAL_COUNTRIES,
    Dialing,
    checked_dialing,
    line_book,
    read_dialing,
    shown_book,
)
from kommutator.domain.tenancy import Permission
from kommutator.doors.console import formats
from kommutator.doors.console.render import go
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.flows.forms import ConnectionForm
from kommutator.kit.errors import InvalidInput
from kommutator.kit.phones import countries

router = APIRouter(route_class=PageRoute, prefix="/settings")
Seen = Annotated[Visit, Depends(visit)]
_PAGE = "/console/settings"


def dialing_shown(see: Visit, settings: Mapping[str, Any], pbx: Any) -> dict[str, Any]:
    """What the template needs.

    Args:
        settings: `enterprises.settings`.
        pbx: the Asterisk connection's line, or None.
    """
    config = pbx.config if pbx else {}
    region = str(config.get("region") or "")
    try:
        dialing = read_dialing(settings, region)
    except InvalidInput:  # somebody wrote the row by hand: what is shown is what will be saved
        dialing = read_dialing({}, region)
    usual = {*USUAL_COUNTRIES, region} & countries()
    near = usual | dialing.countries
    return {
        "dialing": dialing,
        "near": formats.countries(near, see.locale),
        "far": formats.countries(countries() - near, see.locale),
        "has_pbx": pbx is not None,
        "numbers": _lines(config.get("numbers"), "{0} {1}"),
        "shown": _lines(config.get("shown"), "{0} {1}"),
    }


@router.post("/dialing")
async def save_dialing(see: Seen) -> Response:
    """The policy belongs to the enterprise, the company's numbers to its PBX."""
    enterprise = see.demand(Permission.CONFIGURE)
    sent = await see.request.form()
    dialing = _policy(sent)
    numbers = line_book(str(sent.get("numbers", "")))
    shown = shown_book(str(sent.get("shown", "")))
    async with see.house.db.unit() as unit:
        await unit.enterprises.update(enterprise, settings={"dialing": dialing.stored()})
        await unit.audit.add(
            enterprise,
            actor=see.actor.name,
            action="enterprise.update",
            target=enterprise,
            detail={"dialing": dialing.stored()},
        )
        pbx = await unit.connections.of_kind(enterprise, ConnectionKind.ASTERISK)
        unit.config_changed(enterprise, "enterprise")
    if pbx is not None:
        address = pbx.base_url.partition("://")[2]
        config = {"numbers": numbers, "shown": shown}
        form = ConnectionForm(ConnectionKind.ASTERISK, address, config=config)
        await see.house.set_up.save(see.actor, enterprise, form)
    see.house.directory.invalidate(enterprise)
    return go(_PAGE, done="saved")


def _policy(sent: FormData) -> Dialing:
    return checked_dialing(
        {
            "countries": [str(code) for code in sent.getlist("country")],
            "allowed": _words(sent, "allowed"),
            "denied": _words(sent, "denied"),
            "premium": bool(sent.get("premium")),
            "per_employee": _number(sent, "per_employee"),
            "per_enterprise": _number(sent, "per_enterprise"),
        }
    )


def _words(sent: FormData, name: str) -> list[str]:
    """One per line; commas and semicolons will do, too."""
    text = str(sent.get(name, "")).replace(",", "\n").replace(";", "\n")
    return [line.strip() for line in text.splitlines() if line.strip()]


def _number(sent: FormData, name: str) -> int:
    text = str(sent.get(name, "")).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004  no limit is that high


def _lines(pairs: Mapping[str, str] | None, shape: str) -> str:
    return "\n".join(shape.format(*pair).strip() for pair in (pairs or {}).items())
