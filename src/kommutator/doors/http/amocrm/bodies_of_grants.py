"""What is sent to connect an account."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, SecretStr, StringConstraints

from kommutator.flows.amocrm.apps import OwnApp

_LINE = r"^[^\x00-\x1f\x7f]*$"
Short = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=_LINE)
]
Long = Annotated[SecretStr, Field(min_length=1, max_length=16_384)]


class _WithApp(BaseModel):
    """An integration of their own; leave these out for the one of the settings."""

    client_id: Short | None = None
    client_secret: Annotated[SecretStr, Field(min_length=1, max_length=500)] | None = None
    redirect_uri: Short | None = None

    def own(self) -> OwnApp:
        secret = self.client_secret
        return OwnApp(
            self.client_id, secret.get_secret_value() if secret else None, self.redirect_uri
        )


class CodeGiven(_WithApp):
    """A code from the integration's card: 20 minutes, once."""

    code: Annotated[Long, Field(examples=["def50200…"])]
    domain: Short | None = Field(None, examples=["example.amocrm.ru"])
    personal: bool = Field(False, description="For oneself; else for the enterprise.")
    connection_id: Short | None = Field(None, description="Reconnect this one.")


class TokenGiven(_WithApp):
    """A long-lived token from the integration's card."""

    token: Long
    domain: Short | None = Field(None, examples=["example.amocrm.ru"])
    personal: bool = False
    connection_id: Short | None = None


class ClaimGiven(BaseModel):
    """An installation from the market. Staff of the platform name the account."""

    widget_token: Long | None = Field(
        None, description="amoCRM's disposable token; also as `X-Auth-Token`."
    )
    account_id: Short | None = None


class SecretsTold(BaseModel):
    """What amoCRM sends to `secrets_uri` of the external-integration button."""

    client_id: Short
    client_secret: Annotated[SecretStr, Field(min_length=1, max_length=500)]
    state: Annotated[str, Field(min_length=1, max_length=200)]


class ExchangeGiven(BaseModel):
    """Requirement 004's body; all but `code` may be left out."""

    code: Annotated[Long, Field(examples=["authorization_code_from_amo"])]
    referer: Short | None = Field(None, examples=["example.amocrm.ru"])
    redirect_uri: Short | None = None
    state: Annotated[str, Field(max_length=200)] | None = None
