"""What the enterprise wants: events, lines and shops, rules with a dry run, time and retention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, Response

from kommutator.domain.commands import Direction, kind_of
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.rules import CallFacts, dry_run, read_rules
from kommutator.domain.tenancy import Permission
from kommutator.doors.console import settings_form as forms
from kommutator.doors.console.connections import event_flags, shown_flags
from kommutator.doors.console.dialing import dialing_shown
from kommutator.doors.console.render import go, page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.flows.forms import ConnectionForm
from kommutator.kit.errors import InvalidInput, NotFound
from kommutator.kit.texts import LOCALES
from kommutator.kit.zones import is_zone, zone_names
from kommutator.store.views import ConnectionViews

router = APIRouter(route_class=PageRoute, prefix="/settings")
Seen = Annotated[Visit, Depends(visit)]
_PAGE = "/console/settings"
_SPARE = 2  # empty lines offered for new entries
_SOME_CLIENT = "+375000000070"


@router.get("")
async def settings_page(see: Seen) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    async with see.house.db.unit() as unit:
        crm = await ConnectionViews(unit.connection).of_kind(enterprise, "retailcrm")
        pbx = await ConnectionViews(unit.connection).of_kind(enterprise, "asterisk")
        owner = await unit.enterprises.get(enterprise)
    config = crm.config if crm else {}
    lines = list((config.get("lines") or {}).items())
    return await page(
        see,
        "settings.html",
        c=crm,
        config=config,
        flags=shown_flags(config),
        lines=[*lines, *[("", "")] * _SPARE],
        sites=config.get("sites") or {},
        rules=[*(config.get("rules") or []), *[{}] * _SPARE],
        rule_choices=forms.RULE_CHOICES,
        retention=forms.retention(owner.settings),
        **dialing_shown(see, owner.settings, pbx),
        zones=sorted(z for z in zone_names() if z.startswith(("Europe/", "Asia/"))),
    )


@router.post("/crm")
async def save_crm(see: Seen) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    sent = await _sent(see)
    async with see.house.db.unit() as unit:
        stored = await unit.connections.of_kind(enterprise, ConnectionKind.RETAILCRM)
    if stored is None:
        raise NotFound("connection_not_set_up", kind="retailcrm")
    config = {
        "events": event_flags(sent),
        "lines": forms.lines(sent),
        "rules": forms.rules(sent),
        "default_site": sent.get("default_site") or None,
        "default_performer": sent.get("default_performer", "").strip() or None,
        "requests_per_second": forms.rate(sent.get("requests_per_second", "")),
        **{
            name: bool(sent.get(name))
            for name in ("allow_edit", "recordings", "accept_number_client_id")
        },
    }
    form = ConnectionForm(ConnectionKind.RETAILCRM, stored.base_url, config=config)
    await see.house.set_up.save(see.actor, enterprise, form)
    see.house.directory.invalidate(enterprise)
    return go(_PAGE, done="saved")


@router.post("/dry-run")
async def try_rules(see: Seen) -> HTMLResponse:
    """What the rules on the page, saved or not, would do with such a call. Sends nothing."""
    see.demand(Permission.CONFIGURE)
    sent = await _sent(see)
    facts = CallFacts(
        direction=Direction.OUT if sent.get("dry_direction") == "out" else Direction.IN,
        client=_SOME_CLIENT,
        answered=sent.get("dry_result") == "answered",
        at=see.house.clock.now(),
        line=sent.get("dry_line", "").strip() or None,
        known=sent.get("dry_client") == "known",
    )
    applied = dry_run(read_rules(forms.rules(sent)), facts)
    commands = [kind_of(command) for command in applied.commands]
    return await page(see, "parts/dry_run.html", lines=applied.lines, commands=commands)


@router.post("/enterprise")
async def save_enterprise(
    see: Seen,
    name: Annotated[str, Form()],
    time_zone: Annotated[str, Form()],
    locale: Annotated[str, Form()],
) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    if not is_zone(time_zone):
        raise InvalidInput("time_zone_invalid", time_zone=time_zone[:50])
    if locale not in LOCALES:
        raise InvalidInput("language_unknown", language=locale[:20])
    sent = await _sent(see)
    async with see.house.db.unit() as unit:
        settings = {"retention_days": forms.kept_days(sent)}
        await unit.enterprises.update(
            enterprise, name=name.strip(), time_zone=time_zone, locale=locale, settings=settings
        )
        await unit.audit.add(
            enterprise,
            actor=see.actor.name,
            action="enterprise.update",
            target=enterprise,
            detail={"name": name.strip(), "time_zone": time_zone, **settings},
        )
        unit.config_changed(enterprise, "enterprise")
    see.house.directory.invalidate(enterprise)
    return go(_PAGE, done="saved")


async def _sent(see: Visit) -> Mapping[str, Any]:
    return {name: str(value) for name, value in (await see.request.form()).items()}
