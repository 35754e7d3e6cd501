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
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_LAN = (
    ipaddress.IPv4Network("10.0.0.0/8"),
    ipaddress.IPv4Network("172.16.0.0/12"),
    ipaddress.IPv4Network("192.168.0.0/16"),
    ipaddress.IPv6Network("fc00::/7"),
)
_METADATA = frozenset(  # of clouds that put theirs among private or public addresses
    map(ipaddress.ip_address, ("fd00:ec2::254", "fd20:ce::254", "168.63.129.16"))
)


class AddressRefused(KommutatorError):
    """The host is, or resolves to, an address that is not on the public internet."""


def is_public(address: str) -> bool:
    """Whether an IP literal is reachable for everybody; False for anything that is not an IP.

    Addresses that carry another one inside (mapped, 6to4, NAT64) are judged by the inner one.
    """
    parts = _parts(address)
    return bool(parts) and all(map(_global, parts))


def is_public_or_lan(address: str) -> bool:
    """Like `is_public`, or of a private network: RFC 1918 and unique local addresses (RFC 4193).

    Loopback, link-local, multicast, unspecified, shared and other special addresses are neither,
    nor is what clouds answer secrets from.
    """
    parts = _parts(address)
    return bool(parts) and all(
        part not in _METADATA and (_global(part) or any(part in network for network in _LAN))
        for part in parts
    )


def _global(ip: _Address) -> bool:
    return ip.is_global and not ip.is_multicast


def _parts(address: str) -> list[_Address]:
    """The address and those inside it; empty for anything that is not an IP."""
    try:
        ip: _Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return []
    return [ip, *_inner(ip)]


def _inner(ip: _Address) -> list[_Address]:
    if not isinstance(ip, ipaddress.IPv6Address):
        return []
    found: list[_Address] = [
        inner for inner in (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())) if inner is not None
    ]
    if ip in _NAT64 or ip in _COMPATIBLE:
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
        own_hosts: host names that a tenant calls its own; they may lead into a private network.
    """

    def __init__(
        self, inner: AbstractResolver, allowed: Collection[str], own_hosts: Collection[str] = ()
    ) -> None:
        self._inner = inner
        self._allowed = frozenset(allowed)
        self._own = frozenset(own_hosts)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if host in self._allowed:
            return found
        fits = is_public_or_lan if host in self._own else is_public
        fitting = [entry for entry in found if fits(entry["host"])]
        if not fitting:
            raise AddressRefused(host)
        return fitting

    async def close(self) -> None:
        await self._inner.close()
