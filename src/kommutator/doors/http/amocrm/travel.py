"""Who sets out to amoCRM's consent screen, and must be who comes back."""

from __future__ import annotations

from fastapi import Request

from kommutator.domain.tenancy import Actor
from kommutator.doors.http import cookies
from kommutator.flows.amocrm.connect import Traveller
from kommutator.flows.sign_in import token_hash


def traveller(request: Request, actor: Actor) -> Traveller:
    """The caller; by a console session, that session too."""
    by_cookie = not (request.headers.get("authorization") or request.headers.get("x-api-key"))
    token = cookies.read(request) if by_cookie else None
    return Traveller(actor, token_hash(token) if token else None)
