"""What the tenant wants of one amoCRM account: whose phone, which cards, what calls create."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from kommutator.domain.tenancy import Permission
from kommutator.doors.console import amocrm_form as forms
from kommutator.doors.console import settings_form
from kommutator.doors.console.amocrm_cards import accounts_of
from kommutator.doors.console.connections import shown_flags
from kommutator.doors.console.render import go, page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.kit.errors import NotFound
from kommutator.store.unit import Unit
from kommutator.store.views import ConnectionLine

router = APIRouter(route_class=PageRoute, prefix="/amocrm/settings")
Seen = Annotated[Visit, Depends(visit)]
_SPARE = 2  # empty lines offered for new rules


@dataclass(frozen=True, slots=True)
class Seat:
    """A user of the account and the phone they sit at."""

    id: str
    name: str
    extension: str


@router.get("/{account}")
async def settings_page(see: Seen, account: UUID) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    async with see.house.db.unit() as unit:
        line = await _line(see, unit, account)
        users = await unit.crm_references.get(enterprise, account, "users")
        pipelines = await unit.crm_references.get(enterprise, account, "pipelines")
        numbers = await unit.extensions.numbers(enterprise)
    return await page(
        see,
        "amocrm_settings.html",
        line=line,
        config=line.config,
        flags=shown_flags(line.config),
        seats=_seats(line.config, users.data if users else ()),
        users_known=bool(users and users.data),
        numbers=sorted(numbers),
        pipelines=pipelines.data if pipelines else (),
        rules=[*(line.config.get("rules") or []), *[{}] * _SPARE],
        rule_choices=settings_form.AMOCRM_RULE_CHOICES,
        unknown_in=forms.UNKNOWN_IN,
        unknown_out=forms.UNKNOWN_OUT,
        missed_owners=forms.MISSED_OWNERS,
    )


@router.post("/{account}")
async def save(see: Seen, account: UUID) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    sent = {name: str(value) for name, value in (await see.request.form()).items()}
    config = forms.read_settings(sent)
    await see.house.amocrm.settings.save(see.actor, enterprise, account, config)
    see.house.directory.invalidate(enterprise)
    return go(f"/console/amocrm/settings/{account}", done="saved")


async def _line(see: Visit, unit: Unit, account: UUID) -> ConnectionLine:
    lines = await accounts_of(unit.connection, see.demand(Permission.CONFIGURE))
    if account not in lines:
        raise NotFound("connection_not_found")
    return lines[account]


def _seats(config: Mapping[str, Any], users: Sequence[Mapping[str, Any]]) -> list[Seat]:
    """The account's users by name, then whoever has an extension and is no user by now."""
    held: Mapping[str, str] = config.get("user_extensions") or {}
    known = {str(user["id"]): str(user["name"]) for user in users if user.get("active", True)}
    everybody = {**known, **{user: user for user in held if user not in known}}
    return [
        Seat(user, name, held.get(user, ""))
        for user, name in sorted(everybody.items(), key=lambda item: item[1].casefold())
    ]
