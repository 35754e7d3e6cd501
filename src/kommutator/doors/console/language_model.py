"""The assistant's other brain: which language model, what it is told, whether it answers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, Response

from kommutator.domain.assistant.model import ModelSettings
from kommutator.domain.tenancy import Permission
from kommutator.doors.console.assistant_form import as_given, number
from kommutator.doors.console.cabinet import IN_CABINET
from kommutator.doors.console.render import go, notice, page
from kommutator.doors.console.visit import PageRoute, Visit, visit

router = APIRouter(route_class=PageRoute, prefix="/assistant/model", dependencies=[IN_CABINET])
Seen = Annotated[Visit, Depends(visit)]
Text = Annotated[str, Form()]
_HERE = "/console/assistant/model"
_DEFAULTS = ModelSettings("", "")


@router.get("")
async def model_page(see: Seen) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    shown = await see.house.llm.show(see.actor, enterprise)
    return await page(
        see,
        "language_model.html",
        shown=shown,
        model=shown.settings if shown else _DEFAULTS,
        brain=(await see.house.assistant.of(enterprise)).brain,
    )


@router.post("")
async def save_model(
    see: Seen,
    base_url: Text = "",
    model: Text = "",
    key: Text = "",
    turns_per_day: Text = "",
    brain: Text = "rules",
) -> Response:
    """An empty field of the key leaves the stored one as it is; `no_key` takes it away."""
    enterprise = see.demand(Permission.CONFIGURE)
    sent = await see.request.form()
    given = {
        "base_url": base_url,
        "model": model,
        "turns_per_day": number(turns_per_day),
        **{name: sent.get(name) == "1" for name in ("masked", "names", "free_words")},
    }
    new_key = "" if sent.get("no_key") == "1" else key or None
    await see.house.llm.save(see.actor, enterprise, given, new_key)
    await _choose(see, brain)
    return go(_HERE, done="saved")


@router.post("/test")
async def test_model(see: Seen) -> HTMLResponse:
    tried = await see.house.llm.test(see.actor, see.demand(Permission.CONFIGURE))
    said = f"llm.tried.{tried.state}"
    detail = see.t("llm.tried.ms", ms=tried.ms) if tried.ms else ""
    return await notice(see, said, detail=detail, bad=tried.state != "works")


@router.post("/remove")
async def remove_model(see: Seen) -> Response:
    await _choose(see, "rules")
    await see.house.llm.remove(see.actor, see.demand(Permission.CONFIGURE))
    return go(_HERE, done="llm_removed")


async def _choose(see: Visit, brain: str) -> None:
    enterprise = see.demand(Permission.CONFIGURE)
    kept = await see.house.assistant.of(enterprise)
    if kept.brain != brain:
        given = as_given(kept) | {"brain": brain}
        await see.house.assistant.save(see.actor, enterprise, given)
