"""Who asks, and what the branches are: auth, companies, chains, licence, rights (§1.1, §1.3)."""

from __future__ import annotations

import hmac
from typing import Any

from kommutator.twins.yclients.call import Call, Route
from kommutator.twins.yclients.people import User
from kommutator.twins.yclients.replies import UNAUTHORIZED, Answer, Refusal

Json = dict[str, Any]


def auth(call: Call) -> Answer:
    """`POST /auth`: the user token for a login and a password."""
    body = call.item()
    user = _who(call, str(body.get("login", "")), str(body.get("password", "")))
    return Answer(
        {
            "id": user.id,
            "user_token": user.token,
            "name": user.name,
            "phone": user.phone,
            "login": user.login,
            "email": user.email,
            "avatar": "https://assets.yclients.com/general/0/01/no-user.png",
            "is_approved": True,
            "is_email_confirmed": True,
        },
        status=201,
    )


def permissions(call: Call) -> Answer:
    """`GET /user/permissions/{company}`."""
    return Answer(call.asker.access[call.company.id])


def _who(call: Call, login: str, password: str) -> User:
    for user in call.world.users.values():
        names = {user.login, user.phone, user.email} - {""}
        if login in names and hmac.compare_digest(user.password.encode(), password.encode()):
            return user
    raise Refusal(401, UNAUTHORIZED)


ROUTES = (
    Route("POST", "/api/v1/auth", auth),
    Route("GET", "/api/v1/user/permissions/{company}", permissions, user=True),
)
