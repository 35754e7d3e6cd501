"""Where a PBX hands in its recordings."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from kommutator.domain.connection import Account
from kommutator.doors.http.auth import house_of
from kommutator.doors.http.errors import RESPONSES
from kommutator.kit.errors import InvalidInput, Unauthorized

router = APIRouter(prefix="/asterisk", tags=["asterisk"], responses=RESPONSES)

_CREATED = 201


class RecordingTaken(BaseModel):
    """The PBX need not keep its copy."""

    name: str
    state: str = Field(
        description="`stored`; `duplicate`: it was here already; `empty`: nothing was recorded; "
        "`deleted`: it was here and was deleted."
    )


async def sender(request: Request) -> Account:
    """The PBX that shows its secret in X-Kommutator-Secret, or as a Bearer token.

    Raises:
        Unauthorized: `hook_secret_unknown`.
    """
    shown = request.headers.get("x-kommutator-secret")
    if not shown:
        scheme, _, shown = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not shown:
            raise Unauthorized("hook_secret_unknown")
    return await house_of(request).pbx_hooks.sender(shown.strip())


@router.put("/recordings/{name}", summary="Hand in a recording")
async def put_recording(
    request: Request,
    response: Response,
    pbx: Annotated[Account, Depends(sender)],
    name: Annotated[str, Path(description="As the dialplan named it, with or without `.wav`.")],
) -> RecordingTaken:
    """The body is the file. Any 2xx means that it is safe; the same file again is harmless."""
    try:
        taken = await house_of(request).take_recording.upload(pbx, name, request.stream())
    except ClientDisconnect as error:
        raise InvalidInput("request_invalid") from error
    if taken.fate == "stored":
        response.status_code = _CREATED
    return RecordingTaken(name=taken.name, state=taken.fate)
