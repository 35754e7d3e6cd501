"""Where vendors find us."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PublicPaths:
    """Where the vendor finds us: absolute addresses below the public one."""

    public_url: str

    @property
    def logo(self) -> str:
        return f"{self.public_url}/retailcrm/static/logo.svg"

    @property
    def base(self) -> str:
        return f"{self.public_url}/retailcrm/hooks"

    @property
    def make_call(self) -> str:
        return f"{self.public_url}/retailcrm/make-call"

    @property
    def presence(self) -> str:
        return f"{self.public_url}/retailcrm/status"

    @property
    def amocrm_callback(self) -> str:
        return f"{self.public_url}/api/v1/amocrm/auth/callback"
