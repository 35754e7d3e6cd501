"""The token endpoint's answers, each to its readable error; what is sent; what is believed."""

from datetime import timedelta
from typing import Any

import jwt
import pytest

from kommutator.connectors.crm.amocrm.errors import AmoCrmError
from kommutator.connectors.crm.amocrm.oauth import AmoCrmAuthorizer, authorize_url
from kommutator.domain.oauth import OAuthApp
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.kit.http import Answer, WireError
from tests.connectors.amocrm.samples import sample
from tests.connectors.amocrm.scripted import BASE, Wire
from tests.support.scripted import answer

APP = OAuthApp(
    "c1", "s3cret-of-the-integration", "https://gateway.example/api/v1/amocrm/auth/callback"
)
CODE = "def50200" + "ab" * 350
REVOKED, REJECTED = ErrorKind.ACCESS_REVOKED, ErrorKind.REJECTED


def token(**claims: Any) -> str:
    plain = {"aud": "c1", "sub": "17", "account_id": 42, "api_domain": "api-b.amocrm.ru"}
    return jwt.encode(plain | claims, "x" * 32, algorithm="HS256")


def pair(**changes: Any) -> dict[str, Any]:
    plain = {
        "token_type": "Bearer",
        "expires_in": 86400,
        "access_token": token(),
        "refresh_token": "def50200next",
    }
    return plain | changes


def of(*answers: Answer | WireError) -> tuple[AmoCrmAuthorizer, Wire]:
    wire = Wire(*answers)
    return AmoCrmAuthorizer(wire), wire


async def test_code_for_a_pair() -> None:
    authorizer, wire = of(answer(200, pair()))
    got = await authorizer.exchange(APP, BASE, CODE)
    assert got.refresh == "def50200next"
    assert got.expires_in == timedelta(days=1)
    assert got.api_domain == "api-b.amocrm.ru"
    (sent,) = wire.sent
    assert (sent.method, sent.url) == ("POST", f"{BASE}/oauth2/access_token")
    assert sent.body == {
        "client_id": "c1",
        "client_secret": "s3cret-of-the-integration",
        "grant_type": "authorization_code",
        "code": CODE,
        "redirect_uri": "https://gateway.example/api/v1/amocrm/auth/callback",
    }
    assert got.access not in repr(got)


async def test_refresh_for_the_next_pair() -> None:
    authorizer, wire = of(answer(200, pair(access_token=token(jti="x" * 3000))))
    got = await authorizer.refresh(APP, BASE, "def50200old")
    assert len(got.access) > 3000
    assert wire.sent[0].body["grant_type"] == "refresh_token"
    assert wire.sent[0].body["refresh_token"] == "def50200old"


@pytest.mark.parametrize(
    ("status", "body", "kind", "hint"),
    [
        (400, sample("oauth/400_code_expired"), REJECTED, "amocrm_code_expired"),
        (400, sample("oauth/400_code_reused"), REJECTED, "amocrm_code_used"),
        (400, sample("oauth/400_code_undecryptable"), REJECTED, "amocrm_code_garbage"),
        (401, sample("oauth/401_refresh_revoked"), REVOKED, "refresh_revoked"),
        (400, {"hint": "Cannot decrypt the refresh token"}, REVOKED, "refresh_revoked"),
        (401, {"hint": "Cannot decrypt the refresh token"}, REVOKED, "refresh_revoked"),
        (401, sample("oauth/401_bad_client"), REVOKED, "amocrm_client_wrong"),
        (401, {"title": "Unauthorized"}, REVOKED, "amocrm_client_wrong"),
        (400, {"hint": "Invalid redirect URI"}, REJECTED, "amocrm_redirect_wrong"),
        (400, {"hint": "Check the `redirect_uri` parameter"}, REJECTED, "amocrm_redirect_wrong"),
        (400, {"title": "Некорректный запрос"}, REJECTED, "amocrm_oauth_refused"),
        (402, {"title": "Payment Required"}, REVOKED, "amocrm_unpaid"),
        (403, {"title": "Forbidden"}, REVOKED, "amocrm_account_blocked"),
        (403, b"<html>limits</html>", ErrorKind.TRANSIENT, "amocrm_blocked"),
        (404, b"<html>nobody</html>", ErrorKind.TRANSIENT, "amocrm_moved"),
        (404, {"title": "Not Found"}, ErrorKind.TRANSIENT, "amocrm_moved"),
        (429, b"<html>", ErrorKind.RATE_LIMITED, "amocrm_too_fast"),
        (500, {"title": "trace"}, ErrorKind.UNSURE, "amocrm_down"),
        (502, b"<html>", ErrorKind.UNSURE, "amocrm_down"),
        (504, b"", ErrorKind.UNSURE, "amocrm_slow"),
        (204, b"", ErrorKind.UNSURE, None),
        (302, b"", ErrorKind.TRANSIENT, "amocrm_moved"),
        (200, b"<html>hello</html>", ErrorKind.UNSURE, None),
        (200, {"access_token": None}, ErrorKind.UNSURE, None),
        (200, {"access_token": "two\r\nX-Evil: 1"}, ErrorKind.UNSURE, None),
        (200, {"access_token": "x" * 20_000}, ErrorKind.UNSURE, None),
        (200, [], ErrorKind.UNSURE, None),
    ],
)
async def test_refusal(status: int, body: Any, kind: ErrorKind, hint: str | None) -> None:
    for grant in ("exchange", "refresh"):
        authorizer, _ = of(answer(status, body))
        with pytest.raises(AmoCrmError) as refused:
            await getattr(authorizer, grant)(APP, BASE, CODE)
        error = refused.value
        assert (error.kind, error.hint, error.status) == (kind, hint, status)


async def test_lost_answer_leaves_open_whether_the_vendor_rotated() -> None:
    authorizer, _ = of(WireError(Stage.SENT, "timeout"), WireError(Stage.BEFORE_SENDING, "connect"))
    with pytest.raises(AmoCrmError) as lost:
        await authorizer.refresh(APP, BASE, CODE)
    assert (lost.value.kind, lost.value.stage) == (ErrorKind.UNSURE, Stage.SENT)
    with pytest.raises(AmoCrmError) as never:
        await authorizer.refresh(APP, BASE, CODE)
    assert (never.value.kind, never.value.stage) == (ErrorKind.TRANSIENT, Stage.BEFORE_SENDING)


async def test_words_of_the_vendor_carry_no_secret() -> None:
    body = {"hint": f"{CODE} of {APP.client_secret}"}
    authorizer, _ = of(answer(400, body))
    with pytest.raises(AmoCrmError) as refused:
        await authorizer.exchange(APP, BASE, CODE)
    assert refused.value.message == "*** of ***"


async def test_what_is_missing_in_an_answer_is_not_invented() -> None:
    authorizer, _ = of(
        answer(200, pair(refresh_token=None, expires_in="soon", access_token="opaque.token"))
    )
    got = await authorizer.refresh(APP, BASE, "def50200old")
    assert (got.refresh, got.api_domain, got.expires_in) == (None, None, timedelta(days=1))


async def test_whose() -> None:
    body = {
        "id": 1231414,
        "name": "Рога и копыта",
        "subdomain": "example",
        "current_user_id": 581651,
        "country": "RU",
        "is_unsorted_on": True,
        "is_api_filter_enabled": False,
        "_embedded": {"datetime_settings": {"timezone": "Europe/Moscow"}},
    }
    authorizer, wire = of(answer(200, body))
    facts = await authorizer.whose(BASE, "a.token")
    assert (facts.id, facts.name, facts.subdomain, facts.user_id) == (
        "1231414",
        "Рога и копыта",
        "example",
        "581651",
    )
    assert facts.details == {
        "country": "RU",
        "is_unsorted_on": True,
        "is_api_filter_enabled": False,
        "time_zone": "Europe/Moscow",
    }
    assert wire.sent[0].headers["Authorization"] == "Bearer a.token"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, sample("errors/401_unauthorized_en"), ErrorKind.TOKEN_STALE),
        (402, {"title": "x"}, ErrorKind.ACCESS_REVOKED),
        (200, {}, ErrorKind.TRANSIENT),
        (204, b"", ErrorKind.TRANSIENT),
    ],
)
async def test_whose_of_a_token_that_opens_nothing(status: int, body: Any, kind: ErrorKind) -> None:
    authorizer, _ = of(answer(status, body))
    with pytest.raises(AmoCrmError) as refused:
        await authorizer.whose(BASE, "a.token")
    assert refused.value.kind is kind


async def test_moved_account() -> None:
    authorizer, wire = of(answer(200, sample("docs/oauth_account")))
    # The sample's own subdomain has an underscore, which no host name of amoCRM has.
    with pytest.raises(AmoCrmError) as refused:
        await authorizer.moved_to("api-b.amocrm.ru", "def50200old")
    assert refused.value.hint == "amocrm_address_foreign"
    assert wire.sent[0].url == "https://api-b.amocrm.ru/oauth2/account/current/subdomain"
    assert wire.sent[0].headers["X-Refresh-Token"] == "def50200old"
    authorizer, _ = of(answer(200, {"domain": "new-name.kommo.com"}))
    assert await authorizer.moved_to("api-b.amocrm.ru", "r") == "https://new-name.kommo.com"


async def test_refresh_token_is_sent_to_no_foreign_host() -> None:
    authorizer, wire = of()
    for domain in ("evil.example", "127.0.0.1", "api-b.amocrm.ru.evil.example", ""):
        with pytest.raises(AmoCrmError) as refused:
            await authorizer.moved_to(domain, "def50200old")
        assert refused.value.hint == "amocrm_address_foreign"
    assert wire.sent == []


async def test_moved_nowhere() -> None:
    for status in (400, 401, 404):
        authorizer, _ = of(answer(status, {"title": "no"}))
        assert await authorizer.moved_to("api-b.amocrm.ru", "r") is None
    authorizer, _ = of(answer(200, {}))
    assert await authorizer.moved_to("api-b.amocrm.ru", "r") is None
    authorizer, _ = of(answer(503, b""))
    with pytest.raises(AmoCrmError):
        await authorizer.moved_to("api-b.amocrm.ru", "r")


def test_consent_url() -> None:
    assert authorize_url("https://www.amocrm.ru/oauth", "c1", "st&te") == (
        "https://www.amocrm.ru/oauth?client_id=c1&state=st%26te&mode=post_message"
    )
    assert "?a=1&client_id=" in authorize_url("http://127.0.0.1/oauth?a=1", "c1", "s")
