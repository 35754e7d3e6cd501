"""Where a PBX's manager interface is and how to get in."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from kommutator.domain.connection import Account
from kommutator.kit.errors import InvalidInput

_DEFAULT_PORT = 5038
_PEM = "-----BEGIN"


@dataclass(frozen=True, slots=True)
class AmiAddress:
    """Attributes: `authority` is a CA as PEM text or as a file's path; None is the system's."""

    host: str
    port: int
    user: str
    secret: str = field(repr=False)
    tls: bool = False
    authority: str | None = None

    @classmethod
    def of(cls, account: Account) -> AmiAddress:
        """From a connection.

        Raises:
            InvalidInput: `ami_address_invalid`, `ami_credentials_missing`.
        """
        host, port = _host_and_port(account)
        user, secret = account.secrets.get("ami_user"), account.secrets.get("ami_secret")
        if not user or not secret:
            raise InvalidInput("ami_credentials_missing")
        tls, authority = bool(account.config.get("tls")), account.config.get("tls_ca")
        return cls(host, port, user, secret, tls, authority or None)

    def tls_context(self) -> ssl.SSLContext | None:
        """For connecting; None for a plain link. Reads the authority's file: not for hot paths.

        Raises:
            InvalidInput: `tls_ca_invalid`.
        """
        if not self.tls:
            return None
        source: dict[str, Any] = {}
        if self.authority:
            source["cadata" if self.authority.lstrip().startswith(_PEM) else "cafile"] = (
                self.authority
            )
        try:
            return ssl.create_default_context(**source)
        except (OSError, ValueError) as error:  # an SSLError is an OSError
            raise InvalidInput("tls_ca_invalid") from error


def _host_and_port(account: Account) -> tuple[str, int]:
    try:
        url = urlsplit(account.base_url if "//" in account.base_url else f"//{account.base_url}")
        port = url.port or int(account.config.get("ami_port") or _DEFAULT_PORT)
    except ValueError as error:
        raise InvalidInput("ami_address_invalid") from error
    if not url.hostname or url.scheme not in {"", "ami"} or not 0 < port < 1 << 16:
        raise InvalidInput("ami_address_invalid")
    return url.hostname, port
