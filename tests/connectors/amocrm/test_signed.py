"""What amoCRM signs: believed only whole, for us, from that account, now."""

from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from kommutator.connectors.crm.amocrm.signed import (
    Uninstalled,
    peek,
    read_disposable,
    read_uninstalled,
)
from kommutator.domain.oauth import OAuthApp
from kommutator.kit.errors import InvalidInput, Unauthorized
from tests.connectors.amocrm.samples import sample

SECRET = "s3cret-of-the-integration-0123456789"
APP = OAuthApp("c1", SECRET, "https://gateway.example/api/v1/amocrm/auth/callback")
CLAIMS = sample("docs/oauth_disposable") | {
    "aud": "https://gateway.example",
    "client_uuid": "c1",
}
NOW = datetime.fromtimestamp(CLAIMS["iat"] + 60, UTC)


def signed(secret: str = SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    claims = {key: value for key, value in (CLAIMS | changes).items() if value is not None}
    return jwt.encode(claims, secret, algorithm=algorithm)


def test_token_of_the_widget() -> None:
    found = read_disposable(signed(), APP, now=NOW, account_id="12345678")
    assert (found.client_id, found.account_id, found.user_id, found.base_url, found.jti) == (
        "c1",
        "12345678",
        "87654321",
        "https://subdomain.amocrm.ru",
        "d628f123-5123-473e-a123-ed123ef31f8f",
    )
    assert peek(signed("another-secret-0123456789-0123456789")).client_id == "c1"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://evil.example"},
        {"aud": None},
        {"client_uuid": "c2"},
        {"client_uuid": None},
        {"account_id": 1},
        {"account_id": None},
        {"user_id": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": None},
        {"exp": CLAIMS["nbf"] + 10 * 86_400},
        {"exp": 10**18},
        {"nbf": int(NOW.timestamp()) + 300},
        {"nbf": None},
    ],
)
def test_token_that_is_not_for_us(changes: dict[str, Any]) -> None:
    with pytest.raises(Unauthorized) as refused:
        read_disposable(signed(**changes), APP, now=NOW, account_id="12345678")
    assert refused.value.code == "amocrm_widget_token_wrong"


def test_token_signed_otherwise() -> None:
    others = [
        signed("another-secret-0123456789-0123456789"),
        signed("x" * 64, "HS512"),
        signed(SECRET * 2, "HS512"),
        jwt.encode(CLAIMS, None, algorithm="none"),
        signed()[:-4] + "AAAA",
        "",
        "a.b.c",
        "x" * 10_000,
    ]
    for token in others:
        with pytest.raises(Unauthorized):
            read_disposable(token, APP, now=NOW)


def test_token_expires_by_the_clock_we_are_given() -> None:
    late = datetime.fromtimestamp(CLAIMS["exp"] + 61, UTC)
    with pytest.raises(Unauthorized) as refused:
        read_disposable(signed(), APP, now=late)
    assert refused.value.code == "amocrm_widget_token_expired"
    just = datetime.fromtimestamp(CLAIMS["exp"] + 59, UTC)
    assert read_disposable(signed(), APP, now=just).user_id == "87654321"


@pytest.mark.parametrize("name", ["client_uuid", "client_id"])
def test_uninstall_is_proven_by_the_secret(name: str) -> None:
    # hmac_sha256("secret", "UUID|28805383"), worked out with openssl
    signature = "72bdc344145009ac32037b89202a1732cf7da490bb9ed002d7b9e63867e96467"
    told = read_uninstalled({name: "UUID", "account_id": "28805383", "signature": signature})
    assert told == Uninstalled("UUID", "28805383", signature)
    assert told.proven("secret")
    assert Uninstalled("UUID", "28805383", signature.upper()).proven("secret")
    assert not told.proven("other")
    assert not Uninstalled("UUID", "28805384", signature).proven("secret")
    assert not Uninstalled("UUID", "28805383", "").proven("secret")


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"client_uuid": "UUID"},
        {"client_uuid": "UUID", "account_id": "1 or 1=1"},
        {"client_uuid": "", "account_id": "1"},
        {"client_uuid": "x" * 101, "account_id": "1"},
        {"client_uuid": "UUID", "account_id": "1", "signature": "f" * 201},
    ],
)
def test_uninstall_that_cannot_be_read(query: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_uninstalled(query)
    assert refused.value.code == "amocrm_uninstall_malformed"
