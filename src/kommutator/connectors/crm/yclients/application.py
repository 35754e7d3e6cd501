"""Our application at the vendor: one for the whole installation, and one system user with it."""

from __future__ import annotations

from dataclasses import dataclass, field

from kommutator.connectors.crm.yclients.manifest import API, MARKETPLACE


@dataclass(frozen=True, slots=True)
class Application:
    """What the developer's cabinet hands out.

    Attributes:
        user_token: of the system user, whom the marketplace adds to each salon that installs us.
        application_id: in the marketplace; 0: none, salons connect by their own user only.
        api_url, marketplace_url: no slash at the end; "" means YClients' own. Tokens are sent
            nowhere else, whatever a connection says.
    """

    partner_token: str = field(repr=False)
    user_token: str | None = field(default=None, repr=False)
    application_id: int = 0
    api_url: str = ""
    marketplace_url: str = ""

    @property
    def api(self) -> str:
        return self.api_url.rstrip("/") or API

    @property
    def marketplace(self) -> str:
        return self.marketplace_url.rstrip("/") or MARKETPLACE

    def secrets(self) -> tuple[str, ...]:
        """What must never be written down."""
        return tuple(filter(None, (self.partner_token, self.user_token)))
