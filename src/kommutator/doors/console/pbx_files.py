"""The files for the PBX: seen, copied, downloaded. Secrets only when asked for, never kept."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, Response

from kommutator.domain.pbx_files import Flavour
from kommutator.domain.tenancy import Permission
from kommutator.doors.console.render import page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.flows.pbx_setup import PbxBundle, PbxWishes, instructions, place_of, zipped

router = APIRouter(route_class=PageRoute, prefix="/connections/asterisk/files")
Seen = Annotated[Visit, Depends(visit)]
_LONGEST = 120


@router.get("")
async def files_page(see: Seen, flavour: Flavour = Flavour.ASTERISK) -> HTMLResponse:
    """Without a secret and without a change."""
    enterprise = see.demand(Permission.CONFIGURE)
    bundle = await see.house.pbx_setup.preview(enterprise, PbxWishes(flavour=flavour))
    return await _shown(see, bundle, flavour, revealed=False)


@router.post("")
async def make_files(
    see: Seen,
    flavour: Annotated[Flavour, Form()] = Flavour.ASTERISK,
    then: Annotated[str, Form()] = "show",
    rotate: Annotated[str, Form()] = "",
) -> Response:
    """With secrets, on the page or as an archive; what is missing is made."""
    enterprise = see.demand(Permission.CONFIGURE)
    sent = await see.request.form()
    wishes = PbxWishes(
        flavour=flavour,
        technology=_word(sent.get("technology")),
        trunk=_word(sent.get("trunk")),
        group=_word(sent.get("group")),
        permit=_word(sent.get("permit")),
        host=_word(sent.get("host")),
        rotate=bool(rotate),
    )
    bundle = await see.house.pbx_setup.files(see.actor, enterprise, wishes)
    see.house.directory.invalidate(enterprise)
    if then != "download":
        return await _shown(see, bundle, flavour, revealed=True)
    archive = zipped(bundle.files, instructions(see.house.texts, see.locale, bundle))
    name = f"kommutator-pbx-{enterprise}.zip"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return Response(archive, media_type="application/zip", headers=headers)


async def _shown(
    see: Visit, bundle: PbxBundle | None, flavour: Flavour, *, revealed: bool
) -> HTMLResponse:
    texts, locale = see.house.texts, see.locale
    files = [] if bundle is None else bundle.files
    return await page(
        see,
        "pbx_files.html",
        bundle=bundle,
        flavour=flavour.value,
        flavours=[one.value for one in Flavour],
        revealed=revealed,
        files=[(file, place_of(texts, locale, file)) for file in files],
    )


def _word(sent: Any) -> str | None:
    text = sent.strip()[:_LONGEST] if isinstance(sent, str) else ""
    return text or None
