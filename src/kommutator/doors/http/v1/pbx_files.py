"""The files that the administrator of a PBX installs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from kommutator.domain.pbx_files import Flavour
from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.v1.words import Body
from kommutator.flows.pbx_setup import PbxWishes, instructions, mode_of
from kommutator.kit.texts import choose_locale

router = APIRouter(prefix="/connections/asterisk", tags=["connections"])
Admin = Annotated[Tenant, Depends(demand(Permission.CONFIGURE))]
Word = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=253, pattern=r"^[!-~]*$"),
]


class FilesBody(Body):
    """What the connection does not know yet; all of it may be left out."""

    flavour: Flavour = Flavour.ASTERISK
    technology: Word | None = Field(None, description="Of the phones' channels: PJSIP or SIP.")
    trunk: Word | None = Field(None, description="Name of the provider's endpoint.")
    group_context: Word | None = Field(
        None, description="Context that takes an inbound call as it would without us."
    )
    permit: Word | None = Field(None, description="Address the PBX sees us come from.")
    host: Word | None = Field(
        None, description="The PBX's address, to make the connection where there is none."
    )
    rotate_secrets: bool = Field(default=False, description="Make all secrets in the files anew.")


class FileShown(BaseModel):
    name: str
    place: str = Field(description="Path on the PBX; empty for what is only to be read.")
    mode: str = Field(description="Octal, as the file should be kept.")
    text: str


class FilesShown(BaseModel):
    instructions: str = Field(description="What each file is for, where it goes, how to undo it.")
    files: list[FileShown]


@router.post("/files", summary="Write the PBX's configuration files")
async def make_pbx_files(
    request: Request, response: Response, body: FilesBody, tenant: Admin
) -> FilesShown:
    """With secrets: dialplan, manager user, recording script. Missing secrets are made."""
    house = house_of(request)
    wishes = PbxWishes(
        flavour=body.flavour,
        technology=body.technology,
        trunk=body.trunk,
        group=body.group_context,
        permit=body.permit,
        host=body.host,
        rotate=body.rotate_secrets,
    )
    bundle = await house.pbx_setup.files(tenant.actor, tenant.enterprise, wishes)
    house.directory.invalidate(tenant.enterprise)
    locale = choose_locale(request.headers.get("accept-language"))
    response.headers["Cache-Control"] = "no-store"
    return FilesShown(
        instructions=instructions(house.texts, locale, bundle),
        files=[
            FileShown(name=f.name, place=f.place, mode=f"{mode_of(f):04o}", text=f.text)
            for f in bundle.files
        ],
    )
