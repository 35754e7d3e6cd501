"""Settings of our application at YClients (Altegio).

One application, one partner token and one system user for all salons: that is how the vendor
lets applications in. The first three are also read under the names that other programs of the
field give them, if the longer name is not set.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from kommutator.kit.given import optional_address
from kommutator.settings.handed import HandedSettings

_HOST = re.compile(r"(?:\*\.)?[a-z0-9.-]+(?::\d{1,5})?")
YCLIENTS_SHORT_NAMES: Mapping[str, str] = {
    "yclients_partner_token": "YCLIENTS_PARTNER_TOKEN",
    "yclients_user_token": "YCLIENTS_USER_TOKEN",
    "yclients_application_id": "YCLIENTS_APPLICATION_ID",
}
"""Setting → the short name of its environment variable."""


class YClientsSettings(HandedSettings):
    """Without a partner token there is no YClients in this installation."""

    # --- YClients and Altegio ---
    yclients_partner_token: SecretStr | None = Field(
        None, description="Our partner token; also read as `YCLIENTS_PARTNER_TOKEN`."
    )
    yclients_user_token: SecretStr | None = Field(
        None,
        description="Token of our application's system user, from the developer's cabinet; also "
        "read as `YCLIENTS_USER_TOKEN`.",
    )
    yclients_application_id: int = Field(
        0,
        ge=0,
        description="Our application in the marketplace, 0: none; also read as "
        "`YCLIENTS_APPLICATION_ID`.",
    )
    yclients_api_url: Annotated[str, AfterValidator(optional_address)] = Field(
        "",
        description="Base of the API; empty: `https://api.yclients.com/api/v1`. Altegio: "
        "`https://api.alteg.io/api/v1`.",
    )
    yclients_marketplace_url: Annotated[str, AfterValidator(optional_address)] = Field(
        "",
        description="Base of the marketplace; empty: `https://api.yclients.com/marketplace`. "
        "Altegio: `https://app.alteg.io/marketplace`.",
    )
    yclients_cabinet_hosts: str = Field(
        "yclients.com,*.yclients.com,alteg.io,*.alteg.io",
        description="Whose pages may frame ours and call the marketplace paths; by comma.",
    )

    def cabinet_origins(self, private_hosts: Collection[str]) -> tuple[str, ...]:
        """Of `yclients_cabinet_hosts`, such as `https://*.yclients.com`.

        Without TLS only those that the installation names private: a demo's.
        """
        parts = (part.strip().lower() for part in self.yclients_cabinet_hosts.split(","))
        return tuple(
            f"{'http' if host.partition(':')[0] in private_hosts else 'https'}://{host}"
            for host in filter(_HOST.fullmatch, parts)
        )
