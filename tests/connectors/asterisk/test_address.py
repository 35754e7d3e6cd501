"""Where a PBX is and how to get in."""

from dataclasses import replace
from typing import Any

import pytest

from kommutator.connectors.pbx.asterisk.address import AmiAddress
from kommutator.kit.errors import InvalidInput
from tests.connectors.asterisk.test_delivery import ACCOUNT


def of(base_url: str, **config: Any) -> AmiAddress:
    return AmiAddress.of(replace(ACCOUNT, base_url=base_url, config=config))


@pytest.mark.parametrize(
    ("base_url", "config", "host", "port"),
    [
        ("ami://pbx.example:5039", {}, "pbx.example", 5039),
        ("ami://pbx.example", {"ami_port": 5040}, "pbx.example", 5040),
        ("pbx.example", {}, "pbx.example", 5038),
        ("ami://[::1]:5038", {}, "::1", 5038),
    ],
)
def test_reading(base_url: str, config: dict[str, Any], host: str, port: int) -> None:
    address = of(base_url, **config)

    assert (address.host, address.port, address.user) == (host, port, "gateway")


@pytest.mark.parametrize("base_url", ["http://pbx.example", "ami://", "ami://pbx:99999", ""])
def test_nonsense(base_url: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        of(base_url)
    assert refused.value.code == "ami_address_invalid"


def test_missing_credentials() -> None:
    with pytest.raises(InvalidInput) as refused:
        AmiAddress.of(replace(ACCOUNT, secrets={}))
    assert refused.value.code == "ami_credentials_missing"


@pytest.mark.parametrize("authority", ["/nowhere/ca.pem", "-----BEGIN CERTIFICATE-----\nx"])
def test_an_authority_that_is_none(authority: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        of("pbx.example", tls=True, tls_ca=authority).tls_context()
    assert refused.value.code == "tls_ca_invalid"


def test_plain_links_need_no_context() -> None:
    assert of("pbx.example").tls_context() is None
