"""Tokens, and who one is."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from kommutator.domain.tenancy import Actor, Permission, Role
from kommutator.doors.http.auth import actor, house_of
from kommutator.doors.http.client import Client
from kommutator.doors.http.v1.words import Body, Email, GivenPassword, NewPassword, Shown
from kommutator.kit.errors import Forbidden, UserError

router = APIRouter(tags=["sign-in"])


class Login(Body):
    email: Email
    password: GivenPassword


class GivenToken(Shown):
    """Send it as `Authorization: Bearer …`."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105  a word of RFC 6750
    expires_in: int = Field(description="Seconds.")


class Me(Shown):
    """Whoever asks and what they may."""

    name: str
    role: Role
    enterprise_number: str | None
    user_id: UUID | None
    permissions: list[Permission]


class PasswordChange(Body):
    current_password: GivenPassword
    new_password: NewPassword


@router.post("/auth/login", summary="Sign in for the API")
async def login(request: Request, body: Login) -> GivenToken:
    """Exchange e-mail and password for a token. Wrong passwords are slowed down."""
    house = house_of(request)
    client: Client = request.state.client
    try:
        user = await house.sign_in.password(body.email, body.password, address=client.neighbourhood)
    except UserError as error:
        house.metrics.sign_ins.labels(outcome=error.code).inc()
        raise
    house.metrics.sign_ins.labels(outcome="ok").inc()
    token = house.tokens.issue(user)
    return GivenToken(access_token=token.value, expires_in=token.expires_in)


@router.get("/me", summary="Who am I")
async def me(who: Annotated[Actor, Depends(actor)]) -> Me:
    """The same for people, keys and sessions."""
    return Me(
        name=who.name,
        role=who.role,
        enterprise_number=who.enterprise,
        user_id=who.user_id,
        permissions=[permission for permission in Permission if who.may(permission)],
    )


@router.put("/me/password", summary="Change one's own password", status_code=204)
async def change_password(
    request: Request, body: PasswordChange, who: Annotated[Actor, Depends(actor)]
) -> None:
    """Ends every token and session of before."""
    if who.user_id is None:
        raise Forbidden("not_a_person")
    house = house_of(request)
    client: Client = request.state.client
    await house.sign_in.password(
        who.name, body.current_password, address=f"own:{client.neighbourhood}"
    )
    await house.people.set_password(who.name, who.enterprise, who.user_id, body.new_password)
