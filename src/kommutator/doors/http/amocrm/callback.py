"""Where amoCRM's consent screen sends the browser back to: a page, in the person's language.

Nothing of the address is shown. The market's server brings a code here, too, without a browser.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from kommutator.domain.tenancy import Permission
from kommutator.doors.console.render import plain_page, problem_page
from kommutator.doors.console.visit import LOGIN, Visit, stranger
from kommutator.doors.http import cookies
from kommutator.doors.http.wording import person_error
from kommutator.flows.amocrm.connect import Returned, Traveller
from kommutator.flows.sign_in import token_hash
from kommutator.kit.errors import InvalidInput, UserError, VendorError

_log = structlog.get_logger()
PATH = "/api/v1/amocrm/auth/callback"
_LONGEST = 8192
_RESULTS = ("connected", "personal", "installed")
router = APIRouter(include_in_schema=False)


@router.get(PATH)
async def amocrm_callback(request: Request, see: Annotated[Visit, Depends(stranger)]) -> Response:
    """Connects, or says in words why not."""
    result = request.query_params.get("result")
    if result in _RESULTS:
        return plain_page(see, "amocrm_connected.html", result=result, home=_home(see))
    try:
        return await _hear(request, see)
    except VendorError as error:
        _log.warning("amocrm.callback_failed", hint=error.hint, kind=error.kind.value)
        return problem_page(see, person_error(error), hint=error.hint)
    except UserError as error:
        _log.info("amocrm.callback_refused", code=error.code)
        return problem_page(see, error)


async def _hear(request: Request, see: Visit) -> Response:
    state, code = _given(request, "state"), _given(request, "code")
    if state is None:
        return await _install(request, see, code)
    back = Returned(
        state=state,
        code=code,
        referer=_given(request, "referer"),
        client_id=_given(request, "client_id"),
        error=_given(request, "error"),
    )
    if see.session is None:
        return await _sign_in_first(see, back)
    token = cookies.read(request)
    who = Traveller(see.actor, token_hash(token) if token else None)
    record = await see.house.amocrm.connect.finish(who, back)
    return _to("personal" if record.user_id is not None else "connected")


async def _sign_in_first(see: Visit, back: Returned) -> Response:
    """The code waits where only this state opens it; the address keeps nothing but the state."""
    if back.error is not None:
        raise InvalidInput("amocrm_consent_refused")
    if not await see.house.amocrm.connect.keep(back):
        raise InvalidInput("amocrm_state_unknown")
    there = f"{PATH}?state={quote(back.state, safe='')}"
    return RedirectResponse(f"{LOGIN}?next={quote(there, safe='')}", 303)


async def _install(request: Request, see: Visit, code: str | None) -> Response:
    referer = _given(request, "referer")
    if request.query_params.get("from_widget") != "1" or code is None or referer is None:
        refused = _given(request, "error") is not None
        raise InvalidInput("amocrm_consent_refused" if refused else "amocrm_state_unknown")
    await see.house.amocrm.ways_in.install(
        code,
        referer,
        _given(request, "client_id"),
        address=request.state.client.neighbourhood,
    )
    return _to("installed")


def _to(result: str) -> Response:
    """To an address without the code: it would stay in the browser's history."""
    return RedirectResponse(f"{PATH}?result={result}", 303, headers={"Cache-Control": "no-store"})


def _home(see: Visit) -> str:
    actor = see.maybe_actor
    may = actor is not None and actor.may(Permission.CONFIGURE)
    return "/console/connections/amocrm" if may else "/console/"


def _given(request: Request, name: str) -> str | None:
    value = request.query_params.get(name, "")
    return value if 0 < len(value) <= _LONGEST and "\x00" not in value else None
