"""Who is really asking: the address and scheme behind proxies we trust."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from kommutator.settings import Network

_FORWARDED = (b"x-forwarded-for", b"x-forwarded-proto", b"forwarded", b"x-real-ip")
_IPV6_NEIGHBOURHOOD = 64
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Client:
    """Whoever asks.

    Attributes:
        address: the first address, seen from us, that no trusted proxy speaks for.
        https: whether the person's browser or the CRM spoke TLS.
        direct_loopback: asked from this very machine, without a proxy in between.
    """

    address: str
    https: bool
    direct_loopback: bool

    @property
    def neighbourhood(self) -> str:
        """For counting: an IPv6 owner has a whole /64 to ask from."""
        try:
            address = ip_address(self.address)
        except ValueError:
            return UNKNOWN
        if isinstance(address, IPv6Address):
            return str(ip_network((address, _IPV6_NEIGHBOURHOOD), strict=False))
        return str(address)


def client_of(scope: Any, trusted: tuple[Network, ...]) -> Client:
    """Read the peer and, if it is a trusted proxy, what it says about its own peer."""
    peer = scope["client"][0] if scope.get("client") else UNKNOWN
    headers = [(name, value) for name, value in scope["headers"] if name in _FORWARDED]
    https = scope.get("scheme") in ("https", "wss")
    if not headers:
        return Client(peer, https, _is_loopback(peer))
    if not _is_trusted(peer, trusted):
        return Client(peer, https, direct_loopback=False)
    said = b",".join(value for name, value in headers if name == b"x-forwarded-for")
    proto = next((value for name, value in headers if name == b"x-forwarded-proto"), b"")
    https = https or proto.split(b",")[0].strip().lower() == b"https"
    return Client(_behind(peer, said.decode("latin-1"), trusted), https, direct_loopback=False)


def _behind(peer: str, said: str, trusted: tuple[Network, ...]) -> str:
    """From the nearest hop outwards, the first that is not a proxy of ours."""
    address = peer
    for hop in reversed([part.strip() for part in said.split(",") if part.strip()]):
        try:
            address = str(ip_address(hop))
        except ValueError:
            return address
        if not _is_trusted(address, trusted):
            return address
    return address


@lru_cache(maxsize=4096)
def _is_trusted(address: str, trusted: tuple[Network, ...]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted)


@lru_cache(maxsize=4096)
def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
