"""All pages of the console, below `/console`, and their static files."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from kommutator.doors.console import (
    access,
    amocrm,
    amocrm_bulk,
    amocrm_cards,
    amocrm_connect,
    amocrm_settings,
    assistant,
    assistant_try,
    calls,
    campaigns,
    channels,
    connections,
    diagnostics,
    dialing,
    doctor,
    doorstep,
    inbox,
    language_model,
    live,
    log,
    message_templates,
    my_amocrm,
    notices,
    outreach,
    overview,
    pbx_files,
    people,
    phone_book,
    reminders,
    routing,
    salon_book,
    salon_calls,
    salon_card,
    salon_copy,
    salon_day,
    salons,
    settings,
    statistics,
    whatsapp,
)
from kommutator.doors.console.templating import STATIC

_FOR_EVER = "public, max-age=31536000, immutable"

router = APIRouter(prefix="/console", include_in_schema=False)
_files = StaticFiles(directory=STATIC)


@router.get("", include_in_schema=False)
async def home() -> Response:
    return RedirectResponse("/console/", 307)


@router.get("/static/{path:path}", include_in_schema=False)
async def static_file(request: Request, path: str) -> Response:
    """A file of the console; its address changes with its content, so it may be kept."""
    response = await _files.get_response(path, request.scope)
    if "v" in request.query_params:
        response.headers["Cache-Control"] = _FOR_EVER
    return response


for _pages in (
    doorstep,
    overview,
    inbox,
    live,
    calls,
    statistics,
    log,
    people,
    phone_book,
    campaigns,
    notices,
    assistant,
    assistant_try,
    language_model,
    reminders,
    outreach,
    channels,
    message_templates,
    whatsapp,
    pbx_files,
    amocrm,
    amocrm_bulk,
    amocrm_cards,
    amocrm_connect,
    amocrm_settings,
    my_amocrm,
    salons,
    salon_copy,
    salon_calls,
    salon_day,
    salon_book,
    salon_card,
    connections,
    routing,
    settings,
    dialing,
    diagnostics,
    doctor,
    access,
):
    router.include_router(_pages.router)
