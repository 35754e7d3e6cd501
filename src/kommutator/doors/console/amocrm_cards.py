"""Leads, contacts, companies and fields of amoCRM, from our copy: also while amoCRM is down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from kommutator.domain.crm_data import EntityKind
from kommutator.domain.tenancy import EnterpriseNumber, Permission
from kommutator.doors.console.formats import whole
from kommutator.doors.console.render import page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.kit.given import on_calendar
from kommutator.store.unit import Unit
from kommutator.store.views import ConnectionLine, ConnectionViews, CrmViews
from kommutator.store.views.crm import CardLine

router = APIRouter(route_class=PageRoute, prefix="/amocrm")
Seen = Annotated[Visit, Depends(visit)]
_PAGE = 50
_PHONE = frozenset("0123456789+-() ")
_LONGEST_ID = 18


@dataclass(frozen=True, slots=True)
class ShownCard:
    """One line of the list. `link` opens the card in the CRM."""

    card: CardLine
    link: str
    owner: str = ""
    pipeline: str = ""
    stage: str = ""
    price: str = ""


@dataclass(frozen=True, slots=True)
class Names:
    """Of users, pipelines and stages of one account, as last read."""

    users: Mapping[int, str]
    pipelines: Mapping[int, str]
    stages: Mapping[tuple[int, int], str]


@router.get("/cards")
async def cards_page(
    see: Seen, kind: EntityKind = EntityKind.LEADS, q: str = "", before: str = "", part: str = ""
) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    text = q.strip()[:200].replace("\x00", "")
    async with see.house.db.unit() as unit:
        views = CrmViews(unit.connection)
        found = await views.cards(
            enterprise,
            kind.value,
            text=text,
            digits=_digits(text),
            before=_place(before),
            limit=_PAGE + 1,
        )
        figures = await views.figures(enterprise)
        accounts = await accounts_of(unit.connection, enterprise)
        names = {line.id: await _names(unit, enterprise, line.id) for line in accounts.values()}
    more = ""
    if len(found) > _PAGE:
        last = found[_PAGE - 1]
        at = (last.updated_at or last.read_at).isoformat()
        query = {"kind": kind.value, "q": text, "before": f"{at}~{last.id}"}
        more = f"/console/amocrm/cards?{urlencode(query)}"
    return await page(
        see,
        "parts/amocrm_rows.html" if part else "amocrm_cards.html",
        kind=kind.value,
        q=text,
        lines=[
            _shown(see, card, accounts[card.connection_id], names[card.connection_id])
            for card in found[:_PAGE]
            if card.connection_id in accounts
        ],
        more=more,
        figures=figures,
    )


async def accounts_of(connection: Any, enterprise: EnterpriseNumber) -> dict[UUID, ConnectionLine]:
    """The enterprise's amoCRM connections by id, the oldest first."""
    lines = await ConnectionViews(connection).all(enterprise)
    return {line.id: line for line in lines if line.kind == "amocrm"}


def _digits(text: str) -> str:
    """What to look for in phones and ids, if the text looks like one."""
    return "".join(filter(str.isdigit, text)) if set(text) <= _PHONE else ""


def _place(before: str) -> tuple[datetime, int] | None:
    """A link that somebody bent counts as the first page."""
    moment, _, number = before.partition("~")
    try:
        at = on_calendar(datetime.fromisoformat(moment))
        return (at, int(number[:_LONGEST_ID])) if at.tzinfo else None
    except ValueError:
        return None


async def _names(unit: Unit, enterprise: EnterpriseNumber, account: UUID) -> Names:
    users = await unit.crm_references.get(enterprise, account, "users")
    pipelines = await unit.crm_references.get(enterprise, account, "pipelines")
    people = users.data if users else []
    lines = pipelines.data if pipelines else []
    return Names(
        {user["id"]: user["name"] for user in people},
        {line["id"]: line["name"] for line in lines},
        {(line["id"], stage["id"]): stage["name"] for line in lines for stage in line["stages"]},
    )


def _shown(see: Visit, card: CardLine, account: ConnectionLine, names: Names) -> ShownCard:
    stage = names.stages.get((card.pipeline_id or 0, card.status_id or 0), "")
    return ShownCard(
        card=card,
        link=f"{account.base_url}/{card.kind}/detail/{card.id}",
        owner=names.users.get(card.responsible_id or 0, ""),
        pipeline=names.pipelines.get(card.pipeline_id or 0, ""),
        stage=stage or (str(card.status_id) if card.status_id else "—"),
        price="—" if card.price is None else whole(card.price, see.locale),
    )
