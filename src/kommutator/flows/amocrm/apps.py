"""Our integration at amoCRM: the one of the settings, or a connection's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kommutator.domain.oauth import OAuthApp
from kommutator.flows.public_paths import PublicPaths
from kommutator.kit.errors import InvalidInput
from kommutator.settings import Settings

SECRET = "client_secret"  # noqa: S105  the name of a field
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class OwnApp:
    """An integration that works in one account only; what is None is as in the settings."""

    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    redirect_uri: str | None = None

    def checked(self) -> OwnApp:
        """Raises InvalidInput: `amocrm_app_incomplete`, `amocrm_redirect_invalid`."""
        if (self.client_id is None) != (self.client_secret is None):
            raise InvalidInput("amocrm_app_incomplete")
        given = self.redirect_uri
        if given is not None and (
            len(given) > _LONGEST
            or not given.isprintable()
            or not given.startswith(("https://", "http://"))
        ):
            raise InvalidInput("amocrm_redirect_invalid")
        return self


OURS = OwnApp()
"""The integration of the settings."""


class Apps:
    """Which integration asks.

    Attributes:
        redirect_uri: to be entered in the integration's card, to the letter.
    """

    def __init__(self, settings: Settings) -> None:
        secret = settings.amocrm_client_secret
        self._client_id = settings.amocrm_client_id
        self._client_secret = secret.get_secret_value() if secret else ""
        self.redirect_uri = (
            settings.amocrm_redirect_uri or PublicPaths(settings.public_url).amocrm_callback
        )

    @property
    def ready(self) -> bool:
        """Whether the settings name an integration."""
        return bool(self._client_id and self._client_secret)

    def ours(self, redirect_uri: str | None = None) -> OAuthApp:
        """The integration of the settings. Raises InvalidInput: `amocrm_app_missing`."""
        if not self.ready:
            raise InvalidInput("amocrm_app_missing", redirect_uri=self.redirect_uri)
        return OAuthApp(self._client_id, self._client_secret, redirect_uri or self.redirect_uri)

    def nobodys(self) -> OAuthApp:
        """For a long-lived token, which is never exchanged."""
        return OAuthApp("", "", self.redirect_uri)

    def chosen(self, own: OwnApp) -> OAuthApp:
        """Theirs if they bring one. Raises InvalidInput as `ours`."""
        if own.client_id is None or own.client_secret is None:
            return self.ours(own.redirect_uri)
        return OAuthApp(own.client_id, own.client_secret, own.redirect_uri or self.redirect_uri)

    def of(self, config: Mapping[str, Any], secrets: Mapping[str, str]) -> OAuthApp:
        """The integration that a connection was granted to.

        Raises:
            InvalidInput: `amocrm_app_missing`, also when the settings name another one by now.
        """
        client_id, redirect_uri = config.get("client_id"), config.get("redirect_uri")
        if secrets.get(SECRET) and client_id:
            return OAuthApp(client_id, secrets[SECRET], redirect_uri or self.redirect_uri)
        if client_id not in (None, self._client_id):
            raise InvalidInput("amocrm_app_missing", redirect_uri=self.redirect_uri)
        return self.ours(redirect_uri)
