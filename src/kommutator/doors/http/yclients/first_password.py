"""Where somebody who registered by YClients chooses a password: a link that works once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from kommutator.doors.console.render import plain_page
from kommutator.doors.console.visit import Visit, stranger
from kommutator.doors.http import cookies
from kommutator.doors.http.yclients.limits import demand_patience, note_wrong
from kommutator.doors.http.yclients.pages import CabinetRoute
from kommutator.kit.errors import Forbidden, InvalidInput
from kommutator.kit.passwords import SHORTEST

router = APIRouter(
    route_class=CabinetRoute, prefix="/yclients/first-password", include_in_schema=False
)
Open = Annotated[Visit, Depends(stranger)]


@router.get("/{token}")
async def first_password_page(request: Request, see: Open, token: str) -> Response:
    demand_patience(request)
    try:
        user = await see.house.yclients.first_password.whose(token)
    except Forbidden:
        note_wrong(request)
        raise
    return plain_page(
        see, "yclients_password.html", token=token, email=user.email, problem=None, least=SHORTEST
    )


@router.post("/{token}")
async def set_first_password(
    request: Request, see: Open, token: str, password: Annotated[str, Form()] = ""
) -> Response:
    """It counts at once, and one is signed in by it."""
    demand_patience(request)
    flow = see.house.yclients.first_password
    try:
        user = await flow.set(token, password)
    except Forbidden:
        note_wrong(request)
        raise
    except InvalidInput as error:
        problem = see.house.texts.error(see.locale, error)
        return plain_page(
            see,
            "yclients_password.html",
            status=error.status,
            token=token,
            email=(await flow.whose(token)).email,
            problem=problem,
            least=SHORTEST,
        )
    opened = await see.house.sign_in.open_session(user, replaces=cookies.read(request))
    response = RedirectResponse("/console/", 303, headers={"Cache-Control": "no-store"})
    cookies.put(see.house, response, opened)
    return response
