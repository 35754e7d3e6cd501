"""From a visit and a template to a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment

from kommutator.domain.tenancy import Actor, Permission
from kommutator.doors.console.templating import environment
from kommutator.doors.console.visit import Visit
from kommutator.kit.errors import UserError
from kommutator.kit.texts import LOCALES
from kommutator.kit.zones import zone
from kommutator.store.views import AccessViews

_ENVIRONMENT: Environment = environment()
_LOCAL_ZONE = "Europe/Moscow"
# Under "no-referrer" a browser sends forms with `Origin: null`, which no check can tell from a
# stranger's; addresses of pages hold no secrets, and other sites still learn nothing.
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin"}


@dataclass(frozen=True, slots=True)
class NavItem:
    slug: str
    href: str
    icon: str
    active: bool = False


_NAV: tuple[tuple[str, str, str, Permission], ...] = (
    ("overview", "/console/", "home", Permission.READ_CALLS),
    ("inbox", "/console/inbox", "messages", Permission.READ_CHATS),
    ("calls", "/console/calls", "phone", Permission.READ_CALLS),
    ("statistics", "/console/statistics", "chart-bar", Permission.READ_CALLS),
    ("phone_book", "/console/phone-book", "address-book", Permission.READ_CALLS),
    ("campaigns", "/console/campaigns", "phone-call", Permission.READ_CALLS),
    ("day", "/console/day", "calendar", Permission.READ_SALON),
    ("salons", "/console/salons", "building", Permission.CONFIGURE),
    ("notices", "/console/notices", "bell", Permission.CONFIGURE),
    ("assistant", "/console/assistant", "robot", Permission.CONFIGURE),
    ("channels", "/console/channels", "message-circle", Permission.CONFIGURE),
    ("people", "/console/people", "users", Permission.CONFIGURE),
    ("connections", "/console/connections", "plug", Permission.CONFIGURE),
    ("routing", "/console/routing", "route", Permission.CONFIGURE),
    ("settings", "/console/settings", "adjustments", Permission.CONFIGURE),
    ("log", "/console/log", "list-details", Permission.CONFIGURE),
    ("diagnostics", "/console/diagnostics", "activity", Permission.CONFIGURE),
    ("access", "/console/access", "key", Permission.CONFIGURE),
    ("audit", "/console/audit", "history", Permission.CONFIGURE),
    ("enterprises", "/console/enterprises", "building", Permission.ADMINISTER),
)


async def page(visit: Visit, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """A whole page, or a part of one, in the visitor's language and the enterprise's time."""
    frame = await _frame(visit)
    body = _ENVIRONMENT.get_template(template).render({**frame, **context})
    return HTMLResponse(body, status, headers=_HEADERS)


def plain_page(visit: Visit, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """A page outside of any enterprise: login, errors. Asks the database nothing."""
    body = _ENVIRONMENT.get_template(template).render({**_basics(visit), **context})
    return HTMLResponse(body, status, headers=_HEADERS)


def words_of(visit: Visit, error: UserError) -> str:
    """Both sentences of a person's error."""
    said = visit.house.texts.error(visit.locale, error)
    return f"{said.message} {said.action}"


def problem_page(visit: Visit, error: UserError, *, hint: str | None = None) -> HTMLResponse:
    """An error met on the way to a page. A `hint` we have a sentence for is the better action."""
    text = visit.house.texts.error(visit.locale, error)
    if hint is not None and visit.house.texts.has(visit.locale, f"hint.{hint}"):
        text = replace(text, action=visit.t(f"hint.{hint}"))
    return plain_page(visit, "problem.html", status=error.status, problem=text)


def go(path: str, *, done: str | None = None) -> Response:
    """To another page after a change; `done` names the sentence `done.<slug>` to show there."""
    if done:
        path += ("&" if "?" in path else "?") + f"done={done}"
    return RedirectResponse(path, 303, headers=_HEADERS)


async def notice(
    visit: Visit, msgid: str, *, detail: str = "", bad: bool = False, **params: Any
) -> HTMLResponse:
    """A toast in answer to an htmx request that changes nothing on the page."""
    said = {"title": visit.t(msgid, **params), "detail": detail, "bad": bad}
    return plain_page(visit, "parts/toast.html", done=said)


def _basics(visit: Visit) -> dict[str, Any]:
    now = visit.house.clock.now()
    return {
        "t": partial(visit.house.texts.translate, visit.locale),
        "say": partial(visit.house.texts.first, visit.locale),
        "locale": visit.locale,
        "locales": LOCALES,
        "csrf": visit.csrf,
        "here": visit.request.url.path,
        "now": now,
        "tz": zone(_LOCAL_ZONE),
        "enterprise": None,
        "actor": visit.maybe_actor,
    }


async def _frame(visit: Visit) -> dict[str, Any]:
    actor = visit.actor
    async with visit.house.db.unit() as unit:
        views = AccessViews(unit.connection)
        number = visit.enterprise
        enterprise = None if number is None else await views.enterprise(number)
        choices = await views.enterprises_everywhere() if actor.enterprise is None else []
        extension = (
            await views.extension_of(number, actor.user_id)
            if number is not None and actor.user_id is not None
            else None
        )
    return {
        **_basics(visit),
        "enterprise": enterprise,
        "tz": zone(enterprise["time_zone"] if enterprise else _LOCAL_ZONE),
        "choices": choices,
        "nav": _nav(actor, visit.request.url.path),
        "own_amocrm": bool(visit.house.amocrm.app.ready and actor.user_id and actor.enterprise),
        "may": _may(actor),
        "me": {"extension": extension},
        "done": _done(visit.request.query_params.get("done"), partial(visit.t), visit),
    }


def _may(actor: Actor) -> Mapping[str, bool]:
    return {permission.value: actor.may(permission) for permission in Permission}


def _nav(actor: Actor, path: str) -> list[NavItem]:
    return [
        NavItem(slug, href, icon, _is_open(slug, href, path))
        for slug, href, icon, permission in _NAV
        if actor.may(permission)
    ]


def _is_open(slug: str, href: str, path: str) -> bool:
    if slug == "overview":
        return path.rstrip("/") == href.rstrip("/")
    crm = slug == "connections" and path.startswith("/retailcrm-admin")
    if slug == "channels" and path.startswith("/console/whatsapp/"):
        return True
    check_up = slug == "diagnostics" and path.startswith("/console/doctor")
    if slug == "campaigns" and path.startswith("/console/do-not-call"):
        return True
    if path.startswith("/console/salons/") and path.endswith("/day"):
        return slug == "day"
    return crm or check_up or path == href or path.startswith(f"{href}/")


def _done(slug: str | None, t: Callable[..., str], visit: Visit) -> dict[str, Any] | None:
    """Only sentences that exist: the address bar must not put words into our mouth."""
    if not slug or not visit.house.texts.has(visit.locale, f"done.{slug}"):
        return None
    return {"title": t(f"done.{slug}"), "detail": "", "bad": False}
