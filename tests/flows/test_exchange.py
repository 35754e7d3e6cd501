"""A code or a refresh token works once: what it brought is not lost by a silence afterwards."""

from datetime import timedelta
from typing import Any, cast

import jwt
import pytest

from kommutator.domain.oauth import AccountFacts, OAuthApp, TokenPair
from kommutator.flows.amocrm.exchange import Exchange
from kommutator.flows.amocrm.vendor import AmoCrmVendor
from kommutator.kit.clock import ManualClock
from kommutator.kit.errors import ErrorKind, VendorError
from tests.support.oauth import Vendor

APP = OAuthApp("the-integration", "not-a-real-secret", "https://gate.example/callback")
BASE = "https://one.amocrm.ru"
OVER = timedelta(0)
CLAIMS = {"account_id": 31920194, "sub": "7", "aud": APP.client_id}
SILENCE = VendorError(ErrorKind.TRANSIENT, "bad gateway", status=502)


class Hurried(ManualClock):
    async def sleep(self, seconds: float) -> None:
        self._elapsed += seconds


class Shy(Vendor):
    """Gives tokens, and says nothing of the account."""

    claims: dict[str, Any] | None = CLAIMS
    error: VendorError = SILENCE

    def next_pair(self) -> TokenPair:
        pair = super().next_pair()
        if self.claims is None:
            return pair
        token = jwt.encode(self.claims, "signed-by-the-vendor-with-a-key-of-its-own", "HS256")
        return TokenPair(token, pair.refresh, pair.expires_in)

    async def whose(self, base_url: str, access: str) -> AccountFacts:
        assert base_url == BASE
        assert access
        raise self.error


def exchange_at(authorizer: Vendor) -> Exchange:
    vendor = AmoCrmVendor(
        authorizer=authorizer,
        address=str,
        consent=cast("Any", None),
        read_visitor=cast("Any", None),
        read_uninstalled=cast("Any", None),
        budgets=lambda *_: (),
    )

    async def at_once(_: object) -> None:
        """Nobody waits for an allowance."""

    return Exchange(cast("Any", None), vendor, cast("Any", at_once), clock=Hurried(), domain="")


async def test_a_rotated_pair_survives_a_silent_account() -> None:
    granted = await exchange_at(Shy()).held(APP, BASE, TokenPair("over", "refresh-1", OVER))
    assert granted.pair.refresh == "refresh-2"
    assert granted.facts == AccountFacts("31920194", "one", "one", "7")


async def test_what_a_code_brought_survives_a_silent_account() -> None:
    granted = await exchange_at(Shy()).code(APP, BASE, "code")
    assert (granted.pair.refresh, granted.facts.id) == ("refresh-2", "31920194")


@pytest.mark.parametrize("claims", [None, {}, {"account_id": "31920194"}, {"account_id": True}])
async def test_a_token_that_names_no_account_connects_none(claims: dict[str, Any] | None) -> None:
    vendor = Shy()
    vendor.claims = claims
    with pytest.raises(VendorError) as silent:
        await exchange_at(vendor).code(APP, BASE, "code")
    assert silent.value is SILENCE


async def test_the_word_of_a_token_that_somebody_brings_counts_for_nothing() -> None:
    forged = jwt.encode(CLAIMS, "a-key-of-whoever-pastes-it-here-32", "HS256")
    exchange = exchange_at(Shy())
    with pytest.raises(VendorError):
        await exchange.token(APP, BASE, forged)
    with pytest.raises(VendorError):
        await exchange.held(APP, BASE, TokenPair(forged, "refresh-1", timedelta(hours=1)))
    with pytest.raises(VendorError):
        await exchange.given(APP, BASE, TokenPair(forged, "refresh-1", timedelta(hours=1)))


async def test_a_refusal_is_no_silence() -> None:
    vendor = Shy()
    vendor.error = VendorError(ErrorKind.TOKEN_STALE, "Unauthorized", status=401)
    with pytest.raises(VendorError) as refused:
        await exchange_at(vendor).code(APP, BASE, "code")
    assert refused.value.status == 401
