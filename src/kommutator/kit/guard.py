"""Where our outbound client may go: the guard against server-side request forgery.

A tenant types a host name; it must not lead into our own network. Names are judged by the
addresses they resolve to, at the moment of connecting, so that a name which changes its mind
between the check and the call (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection

from aiohttp.abc import AbstractResolver, ResolveResult

from kommutator.kit.errors import KommutatorError

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class AddressRefused(KommutatorError):
    """The host is, or resolves to, an address that is not on the public internet."""


def is_public(address: str) -> bool:
    """Whether an IP literal is reachable for everybody; False for anything that is not an IP.

    Addresses that carry another one inside (mapped, 6to4, NAT64) are judged by the inner one.
    """
    try:
        ip: _Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(part.is_global and not part.is_multicast for part in (ip, *_inner(ip)))


def _inner(ip: _Address) -> list[_Address]:
    if not isinstance(ip, ipaddress.IPv6Address):
        return []
    found: list[_Address] = [
        inner for inner in (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())) if inner is not None
    ]
    if ip in _NAT64:
        found.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
    return found


def is_literal(host: str) -> bool:
    """Whether `host` is an IP address written out (then no resolver will see it)."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class GuardedResolver(AbstractResolver):
    """Resolves like `inner`, dropping every address that is not public.

    Args:
        allowed: host names and addresses that settings declare trusted (twins, an intranet CRM).
    """

    def __init__(self, inner: AbstractResolver, allowed: Collection[str]) -> None:
        self._inner = inner
        self._allowed = frozenset(allowed)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if host in self._allowed:
            return found
        public = [entry for entry in found if is_public(entry["host"])]
        if not public:
            raise AddressRefused(host)
        return public

    async def close(self) -> None:
        await self._inner.close()
