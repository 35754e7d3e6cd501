"""Where an account lives.

`referer` of the OAuth callback comes through a stranger's browser, and the secret of our
integration is sent there: only the vendor's own hosts pass.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from kommutator.connectors.crm.amocrm.manifest import AUTHORIZE, HOSTS
from kommutator.kit.errors import InvalidInput

_LONGEST = 255
_PREFIX = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_/")


def account_base(referer: str, private_hosts: Collection[str] = ()) -> str:
    """The base URL of an account, e.g. "https://example.amocrm.ru", without a slash at its end.

    Args:
        referer: a host as the vendor names it, or an address as people copy it.
        private_hosts: from settings only; such a host may have a port, a path before the API's
            and plain http (a vendor's twin).

    Raises:
        InvalidInput: `amocrm_address_foreign`.
    """
    given = referer.strip()
    text = given if "://" in given else f"//{given}"
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise InvalidInput("amocrm_address_foreign") from error
    if len(given) > _LONGEST or "\\" in given or not given.isascii() or parts.username is not None:
        raise InvalidInput("amocrm_address_foreign")
    if host in private_hosts:
        return _private(host, port, parts.scheme, parts.path)
    if (
        HOSTS.fullmatch(host)
        and not host.startswith("www.")
        and port in (None, 443)
        and parts.scheme in ("", "https")
    ):
        return f"https://{host}"
    raise InvalidInput("amocrm_address_foreign")


def _private(host: str, port: int | None, scheme: str, path: str) -> str:
    """With the path kept: a twin serves its accounts below one host."""
    prefix = path.rstrip("/")
    if scheme not in ("", "http", "https") or ".." in prefix or not _PREFIX.issuperset(prefix):
        raise InvalidInput("amocrm_address_foreign")
    at = f"[{host}]" if ":" in host else host
    return f"{scheme or 'http'}://{at}{f':{port}' if port else ''}{prefix}"


def authorize_page(base_url: str | None) -> str:
    """The consent screen of the region an account lives in.

    Args:
        base_url: as `account_base` gives it; None: not known yet, the Russian one.
    """
    host = (urlsplit(base_url or "").hostname or "").rsplit(".", 2)[-2:]
    if host in (["kommo", "com"], ["amocrm", "com"]):
        return "https://www.kommo.com/oauth"
    return AUTHORIZE
