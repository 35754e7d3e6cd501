"""A salon's own user, by login and password: the password is used once and kept nowhere."""

from __future__ import annotations

from kommutator.connectors.crm.yclients.client import YClientsClients
from kommutator.connectors.crm.yclients.errors import YClientsError
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.kit.plain_json import as_text


async def user_token(clients: YClientsClients, login: str, password: str) -> str:
    """The token that the direct way needs. It lives until the password changes (contract §1.1).

    Raises:
        YClientsError: `yclients_password_wrong`, or no answer. Without the exchange: the answer
            is a secret.
    """
    body = {"login": login, "password": password}
    try:
        reply = await clients.partner().post("/auth", body, user=False, hidden=(password,))
    except YClientsError as error:
        wrong = error.hint in ("yclients_token_refused", "yclients_refused")
        hint = "yclients_password_wrong" if wrong else error.hint
        kind = ErrorKind.REJECTED if wrong else error.kind
        raise YClientsError(
            kind, error.message, stage=error.stage, status=error.status, hint=hint
        ) from None
    token = as_text(reply.map.get("user_token"))
    if token is None:
        raise YClientsError(
            ErrorKind.TRANSIENT, "no token in the answer", stage=Stage.ANSWERED, status=reply.status
        )
    return token
