"""Connections: RetailCRM and Asterisk, their forms, tests and removal, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from kommutator.connectors.crm.retailcrm.manifest import MANIFEST
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.presence import Ways
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission
from kommutator.doors.console import outcome
from kommutator.doors.console.formats import countries as country_names
from kommutator.doors.console.pbx_form import known_as, read_pbx_config
from kommutator.doors.console.render import page
from kommutator.doors.console.visit import PageRoute, Visit, stranger, visit
from kommutator.doors.http import cookies
from kommutator.doors.http.auth import CSRF_HEADER
from kommutator.flows.forms import ConnectionForm
from kommutator.flows.house import House
from kommutator.kit.errors import InvalidInput, NotFound, VendorError
from kommutator.kit.phones import countries
from kommutator.kit.ssh_keys import checked_host_key
from kommutator.store.views import ConnectionLine, ConnectionViews

router = APIRouter(route_class=PageRoute, prefix="/connections")
Seen = Annotated[Visit, Depends(visit)]
EVENTS = ("incoming", "outgoing", "hangup", "record", "unplaced")
_OFF_BY_DEFAULT = ("unplaced",)
_TAIL = 4  # characters of a key that may be shown
_LONG_ENOUGH = 12
_HIDDEN = ("ssh_key", "ari_password")  # of these only that they are there is shown


@router.get("")
async def connections_page(see: Seen) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    async with see.house.db.unit() as unit:
        lines = await ConnectionViews(unit.connection).all(enterprise)
    return await page(
        see,
        "connections.html",
        kinds=[kind.value for kind in ConnectionKind],
        connections={line.kind: line for line in lines},
    )


async def render_connection_page(
    request: Request, house: House, actor: Actor, enterprise: EnterpriseNumber
) -> HTMLResponse:
    """The RetailCRM page for the requirement's own address, `/retailcrm-admin/`.

    Raises:
        Unauthorized: `sign_in_first`; NotFound, Forbidden: as `Actor.demand`.
    """
    found = await stranger(request)
    actor.demand(Permission.CONFIGURE, enterprise)
    see = Visit(
        request=request,
        house=house,
        session=found.session,
        locale=found.locale,
        enterprise=enterprise,
    )
    return await _retailcrm(see)


@router.get("/retailcrm")
async def retailcrm_page(see: Seen) -> HTMLResponse:
    return await _retailcrm(see)


@router.post("/retailcrm/save")
async def save_retailcrm(
    see: Seen,
    domain: Annotated[str, Form()],
    api_key: Annotated[str, Form()] = "",
    enabled: Annotated[str, Form()] = "",
    then: Annotated[str, Form()] = "register",
) -> Response:
    """Save and test, then register if wished; the answer says what the CRM really holds.

    A key that lacks rights is told so by name before anything changes in the CRM.
    """
    enterprise = see.demand(Permission.CONFIGURE)
    kind = ConnectionKind.RETAILCRM
    secrets = {"api_key": api_key.strip()} if api_key.strip() else {}
    sent = await see.request.form()
    config = {"events": event_flags(sent), **_presence(sent)}
    form = ConnectionForm(kind, domain, secrets=secrets, config=config)
    await see.house.set_up.save(see.actor, enterprise, form)
    see.house.directory.invalidate(enterprise)
    try:
        probe = await see.house.enrol.test(see.actor, enterprise, kind)
        if then == "test" or not probe.ok:
            return await _answer(see, kind, outcome.of_probe(see, probe))
        report = await see.house.enrol.register(see.actor, enterprise, kind)
    except VendorError as error:
        return await _answer(see, kind, outcome.of_refusal(see, error))
    if not enabled:
        await see.house.set_up.pause(see.actor, enterprise, kind)
    answer = await _answer(see, kind, outcome.of_registration(see, report, paused=not enabled))
    await _stay(see, answer)
    return answer


@router.get("/asterisk")
async def asterisk_page(see: Seen) -> HTMLResponse:
    line = await _line(see, ConnectionKind.ASTERISK)
    account = await _account(see, line)
    return await page(
        see,
        "asterisk.html",
        c=line,
        oob=False,
        config=line.config if line else {},
        host=line.base_url.partition("://")[2].rpartition(":")[0] if line else "",
        user=account.secrets.get("ami_user", "") if account else "",
        ari_user=account.secrets.get("ari_user", "") if account else "",
        kept={name for name in _HIDDEN if account and account.secrets.get(name)},
        countries=country_names(countries(), see.locale),
        known_as=known_as(line.config if line else {}),
    )


@router.post("/asterisk/save")
async def save_asterisk(
    see: Seen,
    host: Annotated[str, Form()],
    ami_user: Annotated[str, Form()] = "",
    ami_secret: Annotated[str, Form()] = "",
    ssh_key: Annotated[str, Form()] = "",
    ari_user: Annotated[str, Form()] = "",
    ari_password: Annotated[str, Form()] = "",
    then: Annotated[str, Form()] = "activate",
) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    kind = ConnectionKind.ASTERISK
    typed = {"ami_user": ami_user.strip(), "ami_secret": ami_secret, "ssh_key": ssh_key.strip()}
    typed |= {"ari_user": ari_user.strip(), "ari_password": ari_password}
    form = ConnectionForm(
        kind,
        host,
        secrets={name: value for name, value in typed.items() if value},
        config=read_pbx_config(await see.request.form()),
    )
    await see.house.set_up.save(see.actor, enterprise, form)
    see.house.directory.invalidate(enterprise)
    try:
        if then == "test":
            probe = await see.house.enrol.test(see.actor, enterprise, kind)
            return await _answer(see, kind, outcome.of_probe(see, probe))
    except VendorError as error:
        return await _answer(see, kind, outcome.of_refusal(see, error))
    change = see.house.set_up.pause if then == "pause" else see.house.set_up.activate
    await change(see.actor, enterprise, kind)
    done = "result.paused" if then == "pause" else "result.pbx_active"
    return await _answer(see, kind, outcome.good(see, done))


@router.post("/asterisk/trust")
async def trust_asterisk(see: Seen, host_key: Annotated[str, Form()]) -> Response:
    """Save the SSH server's key that a test has shown, then test again."""
    enterprise = see.demand(Permission.CONFIGURE)
    kind = ConnectionKind.ASTERISK
    stored = await see.house.set_up.stored(enterprise, kind)
    if stored.config.get("link") != "ssh":
        raise InvalidInput("ssh_address_invalid")
    config = {"link": "ssh", "ssh_host_key": checked_host_key(host_key)}
    form = ConnectionForm(kind, stored.base_url, config=config, name=stored.name)
    await see.house.set_up.save(see.actor, enterprise, form)
    see.house.directory.invalidate(enterprise)
    try:
        probe = await see.house.enrol.test(see.actor, enterprise, kind)
    except VendorError as error:
        return await _answer(see, kind, outcome.of_refusal(see, error))
    return await _answer(see, kind, outcome.of_probe(see, probe))


@router.post("/{kind}/remove")
async def remove(
    see: Seen, kind: Literal["retailcrm", "asterisk"], force: Annotated[str, Form()] = ""
) -> Response:
    """The others have an end of their own: their vendors are told in other ways."""
    enterprise = see.demand(Permission.CONFIGURE)
    ended = ConnectionKind(kind)
    try:
        await see.house.enrol.remove(see.actor, enterprise, ended, force=bool(force))
    except VendorError as error:
        again = f"/console/connections/{kind}/remove"
        return await _answer(see, ended, outcome.of_refusal(see, error, force=again))
    return Response(
        status_code=200, headers={"HX-Redirect": "/console/connections?done=connection_removed"}
    )


def event_flags(sent: Mapping[str, Any]) -> dict[str, bool]:
    """What the boxes of `parts/event_flags.html` say."""
    return {slug: bool(sent.get(f"event_{slug}")) for slug in EVENTS}


def _presence(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Which ways an employee's status goes; a form without these boxes leaves them alone."""
    if not sent.get("presence_shown"):
        return {}
    ways = {way: bool(sent.get(f"presence_{way}")) for way in ("to_pbx", "to_crm")}
    return {"presence": ways}


def shown_flags(config: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """The boxes with their present state."""
    events = config.get("events") or {}
    return [(slug, bool(events.get(slug, slug not in _OFF_BY_DEFAULT))) for slug in EVENTS]


async def _retailcrm(see: Visit) -> HTMLResponse:
    line = await _line(see, ConnectionKind.RETAILCRM)
    return await page(
        see,
        "retailcrm.html",
        c=line,
        oob=False,
        key_tail=await _key_tail(see, line),
        flags=shown_flags(line.config if line else {}),
        ways=Ways.of(line.config if line else {}),
        scopes=[*MANIFEST.scopes, *MANIFEST.optional_scopes],
    )


async def _line(see: Visit, kind: ConnectionKind) -> ConnectionLine | None:
    enterprise = see.demand(Permission.CONFIGURE)
    async with see.house.db.unit() as unit:
        return await ConnectionViews(unit.connection).of_kind(enterprise, kind.value)


async def _key_tail(see: Visit, line: ConnectionLine | None) -> str:
    """The last characters of the stored key, to recognise it by; nothing of a short one."""
    account = await _account(see, line)
    key = account.secrets.get("api_key", "") if account else ""
    return key[-_TAIL:] if len(key) >= _LONG_ENOUGH else ""


async def _account(see: Visit, line: ConnectionLine | None) -> Account | None:
    """Opened; None also while the directory has not heard of a connection just made."""
    if line is None:
        return None
    try:
        return await see.house.directory.account(line.id)
    except NotFound:
        return None


async def _stay(see: Visit, answer: Response) -> None:
    """Registering ends every session entered through the CRM; whoever pressed it goes on.

    console.js puts the new session's token into the open page.
    """
    session = see.session
    if session is None or session.origin != "retailcrm" or session.origin_ref is None:
        return
    account = await see.house.directory.account(UUID(session.origin_ref))
    opened = await see.house.sign_in.enter_from_crm(account)
    cookies.put(see.house, answer, opened)
    answer.headers[CSRF_HEADER] = opened.session.csrf


async def _answer(see: Visit, kind: ConnectionKind, result: outcome.Result) -> HTMLResponse:
    return await page(see, "parts/result.html", result=result, state=await _line(see, kind))
