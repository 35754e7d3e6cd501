"""Integrations as developers register them, and where they are installed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

Json = dict[str, Any]


@dataclass
class Integration:
    """One client of the API.

    `own_account` names the only account of a private integration. `external` ones (the site
    button) have no access to the methods of users (contract §1.2).
    """

    client_id: str
    client_secret: str
    redirect_uri: str
    name: str = "Integration"
    uninstall_url: str | None = None
    secrets_uri: str | None = None
    external: bool = False
    own_account: str | None = None
    widget_code: str | None = None

    def dump(self) -> Json:
        """The integration as JSON, with its secret: control paths only."""
        return asdict(self)
