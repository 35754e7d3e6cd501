import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from kommutator.kit.guard import (
    AddressRefused,
    GuardedResolver,
    is_literal,
    is_public,
    is_public_or_lan,
)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.5",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104  an address to refuse, not to bind
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fc00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "not-an-address",
    ],
)
def test_inner_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


def test_literals() -> None:
    assert is_literal("10.0.0.1")
    assert is_literal("::1")
    assert not is_literal("127.1")  # a resolver turns it into 127.0.0.1 and is judged then


class Fixed(AbstractResolver):
    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in self.addresses
        ]

    async def close(self) -> None:
        pass


async def test_only_public_answers_remain() -> None:
    resolver = GuardedResolver(Fixed("10.0.0.1", "93.184.216.34"), allowed=())
    assert [r["host"] for r in await resolver.resolve("crm.example", 443)] == ["93.184.216.34"]


async def test_name_that_leads_inside_is_refused() -> None:
    with pytest.raises(AddressRefused):
        await GuardedResolver(Fixed("10.0.0.1"), allowed=()).resolve("crm.example", 443)


async def test_allowed_name_may_lead_inside() -> None:
    resolver = GuardedResolver(Fixed("10.0.0.1"), allowed={"crm.example"})
    assert [r["host"] for r in await resolver.resolve("crm.example", 443)] == ["10.0.0.1"]


SPECIAL = [
    "127.0.0.1",
    "169.254.169.254",
    "100.100.100.200",
    "168.63.129.16",
    "0.0.0.0",  # noqa: S104  an address to refuse, not to bind
    "224.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "fe80::1%eth0",
    "ff02::1",
    "fd00:ec2::254",
]
LAN = ["10.0.0.5", "172.16.3.4", "192.168.1.1", "fd12:3456::1", "93.184.216.34"]


@pytest.mark.parametrize("address", SPECIAL)
async def test_own_name_does_not_lead_to_a_special_address(address: str) -> None:
    assert not is_public_or_lan(address)
    resolver = GuardedResolver(Fixed(address), allowed=(), own_hosts={"pbx.example"})
    with pytest.raises(AddressRefused):
        await resolver.resolve("pbx.example", 80)


@pytest.mark.parametrize("address", LAN)
async def test_own_name_may_lead_into_a_private_network(address: str) -> None:
    resolver = GuardedResolver(Fixed("127.0.0.1", address), allowed=(), own_hosts={"pbx.example"})
    assert [r["host"] for r in await resolver.resolve("pbx.example", 80)] == [address]


async def test_a_stranger_beside_an_own_name_stays_outside() -> None:
    resolver = GuardedResolver(Fixed("10.0.0.1"), allowed=(), own_hosts={"pbx.example"})
    with pytest.raises(AddressRefused):
        await resolver.resolve("other.example", 80)
