"""Settings of our integration at amoCRM and Kommo.

Each is also read under the name requirement 003 gives it, without `KOMMUTATOR_` in front, if the
longer name is not set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from kommutator.kit.given import optional_address
from kommutator.settings.handed import HandedSettings

SHORT_NAMES: Mapping[str, str] = {
    f"amocrm_{name}": f"AMOCRM_{name.upper()}"
    for name in ("client_id", "client_secret", "redirect_uri", "domain", "auth_code")
}
"""Setting → the requirement's own name of its environment variable."""


class AmoCrmSettings(HandedSettings):
    """The integration that all accounts share, unless a connection has its own."""

    # --- amoCRM and Kommo ---
    amocrm_client_id: str = Field(
        "", description="ID of our integration; also read as `AMOCRM_CLIENT_ID`."
    )
    amocrm_client_secret: SecretStr | None = Field(
        None, description="Its secret key; also read as `AMOCRM_CLIENT_SECRET`."
    )
    amocrm_redirect_uri: Annotated[str, AfterValidator(optional_address)] = Field(
        "",
        description="Its redirect URI to the letter; empty: `/api/v1/amocrm/auth/callback` at "
        "our public address. Also read as `AMOCRM_REDIRECT_URI`.",
    )
    amocrm_domain: str = Field(
        "",
        description="Account, such as `example.amocrm.ru`, where a code comes without one; also "
        "read as `AMOCRM_DOMAIN`.",
    )
    amocrm_auth_code: SecretStr | None = Field(
        None,
        description="Code from the integration's card, exchanged once at the start; also read "
        "as `AMOCRM_AUTH_CODE`.",
    )
    amocrm_enterprise: str = Field(
        "",
        pattern=r"^[0-9]{0,10}$",
        description="Enterprise that this code connects; empty: the only one there is.",
    )
    amocrm_authorize_url: Annotated[str, AfterValidator(optional_address)] = Field(
        "", description="Consent screen; empty: the vendor's own, by the account's region."
    )
