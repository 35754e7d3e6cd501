"""Employees of the CRM and the extensions they answer: three columns, one truth, ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, Response

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.mapping import Row, State
from kommutator.domain.tenancy import EnterpriseNumber, Permission
from kommutator.doors.console import outcome
from kommutator.doors.console.render import go, page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.flows.sync_people import PeopleTable, Saved
from kommutator.kit.errors import InvalidInput, NotFound
from kommutator.store.views import AccessViews, ConnectionViews

router = APIRouter(route_class=PageRoute, prefix="/people")
Seen = Annotated[Visit, Depends(visit)]
_FIELD = "ext:"
_SHORTEST, _LONGEST = 2, 6
_NOTHING: Mapping[str, Any] = {
    "table": None,
    "rows": (),
    "options": (),
    "result": None,
    "state": None,
    "notes": (),
    "amocrm": (),
}


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One employee as the table shows them. `listed`: the PBX has our number."""

    user_id: str
    name: str
    email: str | None
    ours: str | None
    pbx: str | None
    crm: str | None
    state: str
    listed: bool
    hint: str


@router.get("")
async def people_page(see: Seen) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    async with see.house.db.unit() as unit:
        users = await AccessViews(unit.connection).users(enterprise)
        extensions = await AccessViews(unit.connection).extensions(enterprise)
        crms = await ConnectionViews(unit.connection).crms(enterprise)
    context = await _table(see, enterprise)
    return await page(
        see,
        "people.html",
        users=users,
        extensions=extensions,
        mapped={option["number"]: option["holder"] for option in context["options"]},
        **{**context, "amocrm": [line for line in crms if line.kind == ConnectionKind.AMOCRM]},
    )


@router.post("/save")
async def save(see: Seen, only: Annotated[str, Form()] = "") -> HTMLResponse:
    """One row, whose button sends `only`, or all of them."""
    enterprise = see.demand(Permission.CONFIGURE)
    sent = await see.request.form()
    wanted = {
        name.removeprefix(_FIELD): str(value)
        for name, value in sent.items()
        if name.startswith(_FIELD) and only in ("", name.removeprefix(_FIELD))
    }
    if not wanted:
        raise InvalidInput("nothing_to_save")
    saved = await see.house.sync_people.save(see.actor, enterprise, wanted)
    see.house.directory.invalidate(enterprise)
    return await _part(see, enterprise, _result(see, saved))


@router.post("/push")
async def push(see: Seen) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    saved = await see.house.sync_people.push(see.actor, enterprise)
    return await _part(see, enterprise, _result(see, saved))


@router.post("/import")
async def take_over(see: Seen) -> HTMLResponse:
    """Take the CRM's numbers for everybody to whom we have given none."""
    enterprise = see.demand(Permission.CONFIGURE)
    table = await see.house.sync_people.table(see.actor, enterprise)
    found = _importable(table)
    if not found:
        return await _part(see, enterprise, outcome.good(see, "result.nothing_to_import"))
    saved = await see.house.sync_people.save(see.actor, enterprise, found)
    see.house.directory.invalidate(enterprise)
    return await _part(see, enterprise, _result(see, saved))


@router.post("/extensions")
async def put_extension(
    see: Seen,
    number: Annotated[str, Form()],
    user_id: Annotated[str, Form()] = "",
    holder: Annotated[str, Form()] = "",
) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    number = number.strip()
    if not (number.isascii() and number.isdigit() and _SHORTEST <= len(number) <= _LONGEST):
        raise InvalidInput("extension_invalid", number=number[:20])
    owner = UUID(user_id) if user_id else None
    async with see.house.db.unit() as unit:
        await unit.extensions.put(enterprise, number, user_id=owner, holder=holder.strip() or None)
        await unit.audit.add(
            enterprise, actor=see.actor.name, action="extension.put", target=number
        )
    return go("/console/people", done="extension_saved")


@router.post("/extensions/remove")
async def remove_extension(see: Seen, number: Annotated[str, Form()]) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    async with see.house.db.unit() as unit:
        await unit.extensions.delete(enterprise, number)
        await unit.audit.add(
            enterprise, actor=see.actor.name, action="extension.delete", target=number
        )
    return go("/console/people", done="extension_removed")


async def _part(see: Visit, enterprise: EnterpriseNumber, result: outcome.Result) -> HTMLResponse:
    context = await _table(see, enterprise)
    return await page(see, "parts/people.html", **{**context, "result": result})


async def _table(see: Visit, enterprise: EnterpriseNumber) -> Mapping[str, Any]:
    try:
        table = await see.house.sync_people.table(see.actor, enterprise)
    except NotFound:
        return _NOTHING
    problem = None if table.problem is None else outcome.of_refusal(see, table.problem)
    return {
        **_NOTHING,
        "table": table,
        "rows": _rows(see, table),
        "options": _options(table),
        "result": problem,
    }


def _rows(see: Visit, table: PeopleTable) -> list[ShownRow]:
    """Employees only; free numbers are offered in every row's choice."""
    known = {extension.phone_number for extension in table.extensions}
    return [_shown(see, table, row, known) for row in table.rows if row.user_id is not None]


def _shown(see: Visit, table: PeopleTable, row: Row, known: set[str]) -> ShownRow:
    assert row.user_id is not None
    person = table.employees.get(row.user_id)
    return ShownRow(
        user_id=row.user_id,
        name=person.name if person else see.t("people.unknown", id=row.user_id),
        email=person.email if person else None,
        ours=row.ours,
        pbx=row.pbx,
        crm=row.crm,
        state=row.state.value,
        listed=row.ours in known,
        hint=_hint(see, table, row),
    )


def _hint(see: Visit, table: PeopleTable, row: Row) -> str:
    if row.others:
        names = [table.employees[u].name if u in table.employees else u for u in row.others]
        return see.t("people.hint.others", names=", ".join(names))
    if row.state is State.CONFLICT and row.pbx is None:
        return see.t("people.hint.not_on_pbx", number=row.ours or row.crm)
    return see.t("people.hint.drift") if row.state is State.DRIFT else ""


def _options(table: PeopleTable) -> Sequence[Mapping[str, str]]:
    """Each number with whoever has it: the CRM's employee first, else the PBX's own note."""
    holders = {number: user for user, number in table.ours.items()}
    options = []
    for extension in table.extensions:
        user = holders.get(extension.phone_number, "")
        person = table.employees.get(user)
        holder = person.name if person else (extension.holder or "")
        options.append({"number": extension.phone_number, "holder": holder})
    return options


def _importable(table: PeopleTable) -> dict[str, str]:
    taken = set(table.ours.values())
    found: dict[str, str] = {}
    for row in table.rows:
        clash = row.crm in taken or row.crm in found.values() or bool(row.others)
        if (
            row.user_id in table.employees
            and row.user_id
            and not row.ours
            and row.crm
            and not clash
        ):
            found[row.user_id] = row.crm
    return found


def _result(see: Visit, saved: Saved) -> outcome.Result:
    if saved.problem is not None:
        refusal = outcome.of_refusal(see, saved.problem)
        return outcome.Result(
            ok=False,
            title=see.t("result.kept_here"),
            words=refusal.title,
            vendor=refusal.vendor,
            action=refusal.action,
        )
    lines = []
    if saved.displaced:
        lines.append(see.t("result.displaced", users=", ".join(saved.displaced)))
    if saved.report is not None and not saved.report.verified:
        return outcome.Result(
            ok=False,
            title=see.t("result.differs"),
            lines=(*outcome.differences(see, saved.report), *lines),
            action=see.t("result.differs.action"),
        )
    title = "result.people_saved" if saved.report is None else "result.people_told"
    return outcome.Result(ok=True, title=see.t(title), lines=tuple(lines))
