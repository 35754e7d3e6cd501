"""The token endpoint: every row of the contract's table, and what tokens are worth."""

from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from tests.twins.amocrm.client import Amo, sample

DAY = 86_400


async def test_a_code_gives_a_pair_once(amo: Amo) -> None:
    code = await amo.code()
    answer = await amo.exchange(grant_type="authorization_code", code=code)
    pair = answer.json
    assert (answer.status, pair["token_type"], pair["expires_in"]) == (200, "Bearer", DAY)
    assert pair["refresh_token"].startswith("def50200")
    amo.token = pair["access_token"]
    assert (await amo.get("account")).status == 200
    again = await amo.exchange(grant_type="authorization_code", code=code)
    assert (again.status, again.json) == (400, sample("400_code_reused"))


async def test_the_redirect_says_whose_code_it_is(amo: Amo) -> None:
    url = urlsplit((await amo.order("oauth/grant", state="s 1"))["location"])
    query = {name: value for name, (value,) in parse_qs(url.query).items()}
    assert len(query.pop("code")) == 800
    assert query == {
        "state": "s 1",
        "referer": amo.root.removeprefix("http://"),
        "platform": "1",
        "client_id": amo.integration["client_id"],
    }
    denied = await amo.order("oauth/deny", state="s1")
    assert denied["location"].endswith("/auth/callback?error=access_denied&state=s1")


async def test_codes_die(amo: Amo) -> None:
    code = await amo.code()
    await amo.order("clock", advance=20 * 60)
    late = await amo.exchange(grant_type="authorization_code", code=code)
    assert (late.status, late.json) == (400, sample("400_code_expired"))
    garbage = await amo.exchange(grant_type="authorization_code", code="def502")
    assert (garbage.status, garbage.json) == (400, sample("400_code_undecryptable"))


async def test_a_refresh_token_is_good_once(amo: Amo) -> None:
    pair = await amo.pair()
    new = (await amo.refresh(pair["refresh_token"])).json
    assert new["refresh_token"] != pair["refresh_token"]
    again = await amo.refresh(pair["refresh_token"])
    assert (again.status, again.json) == (401, sample("401_refresh_revoked"))
    assert (await amo.refresh(new["refresh_token"])).status == 200
    assert [v["kind"] for v in (await amo.state())["violations"]] == ["refresh_reused"]


async def test_grace_is_a_knob(amo: Amo) -> None:
    await amo.switch(grace_seconds=30)
    pair = await amo.pair()
    first = (await amo.refresh(pair["refresh_token"])).json
    assert (await amo.refresh(pair["refresh_token"])).json == first
    await amo.order("clock", advance=31)
    assert (await amo.refresh(pair["refresh_token"])).status == 401


@pytest.mark.parametrize("wrong", [{"client_secret": "x"}, {"client_id": "nobody"}])
async def test_wrong_client(amo: Amo, wrong: dict[str, str]) -> None:
    answer = await amo.exchange(grant_type="refresh_token", refresh_token="x", **wrong)
    assert (answer.status, answer.json) == (401, sample("401_bad_client"))


async def test_garbage_refresh_wrong_redirect_blocked(amo: Amo) -> None:
    garbage = await amo.refresh("def50200")
    assert (garbage.status, garbage.json["hint"]) == (400, "Cannot decrypt the refresh token")
    code = await amo.code()
    elsewhere = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://x"}
    assert (await amo.exchange(**elsewhere)).status == 400
    await amo.order("account", blocked=True)
    assert (await amo.exchange(grant_type="authorization_code", code=code)).status == 403
    assert (await amo.get("account")).status == 403


async def test_form_and_trailing_slash(amo: Amo) -> None:
    form = {name: amo.integration[name] for name in ("client_id", "client_secret", "redirect_uri")}
    form |= {"grant_type": "authorization_code", "code": await amo.code()}
    answer = await amo.send("POST", f"{amo.base_url}/oauth2/access_token/", data=form)
    assert answer.status == 200


async def test_the_access_token_is_a_jwt(amo: Amo) -> None:
    await amo.switch(token_padding=1000, clock_skew_seconds=500)
    token = (await amo.pair())["access_token"]
    assert len(token) > 1000
    claims = jwt.decode(token, options={"verify_signature": False, "verify_iat": False,
                                        "verify_nbf": False})  # fmt: skip
    assert claims["aud"] == amo.integration["client_id"]
    assert (claims["account_id"], claims["sub"], claims["version"]) == (31000001, "10001001", 2)
    assert claims["api_domain"] == amo.root.removeprefix("http://")
    assert claims["exp"] - claims["iat"] == DAY


async def test_tokens_die(amo: Amo) -> None:
    pair = await amo.pair()
    amo.token = pair["access_token"]
    await amo.order("clock", advance=DAY)
    late = await amo.get("account")
    assert (late.status, late.json) == (401, sample("401_unauthorized_ru"))
    await amo.switch(language="en")
    assert (await amo.get("account")).json == sample("401_unauthorized_en")
    await amo.order("clock", advance=90 * DAY)
    assert (await amo.refresh(pair["refresh_token"])).status == 401


async def test_a_long_lived_token(amo: Amo) -> None:
    amo.token = (await amo.order("tokens", seconds=365 * DAY))["access_token"]
    await amo.order("clock", advance=364 * DAY)
    assert (await amo.get("account")).status == 200


async def test_a_token_is_worth_nothing_elsewhere(amo: Amo, large: Amo) -> None:
    large.token, mine = amo.token, large.token
    assert (await large.get("account")).status == 401
    large.token = mine
    assert (await large.get("account")).json["subdomain"] == "large"


async def test_revoking(amo: Amo) -> None:
    pair = await amo.pair()
    amo.token = pair["access_token"]
    await amo.order("revoke")
    assert (await amo.get("account")).status == 401
    assert (await amo.refresh(pair["refresh_token"])).json == sample("401_refresh_revoked")


async def test_the_account_moves(amo: Amo) -> None:
    pair, old = await amo.pair(), amo.base_url
    await amo.order("move", to="renamed")
    assert (await amo.refresh(pair["refresh_token"])).status == 401
    amo.token = pair["access_token"]
    assert (await amo.get("account")).status == 401
    await amo.switch(old_address="404")
    assert (await amo.get("account")).status == 404
    url = f"{amo.root}/oauth2/account/current/subdomain"
    found = (await amo.send("GET", url, headers={"X-Refresh-Token": pair["refresh_token"]})).json
    assert set(found) == set(sample("current_subdomain_response"))
    assert found["domain"] == old.removeprefix("http://") + "/a/renamed"
    amo.base_url = "http://" + found["domain"]
    assert (await amo.refresh(pair["refresh_token"])).status == 200
    assert (await amo.get("account")).json["subdomain"] == "renamed"


async def test_rights_of_people_and_integrations(amo: Amo) -> None:
    admin, other = list((await amo.get("users")).json["_embedded"]["users"])[:2]
    as_other = {"X-Context-User-ID": str(other["id"])}
    assert (await amo.get("account", **as_other)).json["current_user_id"] == other["id"]
    assert (await amo.get("users", **as_other)).status == 403
    amo.token = (await amo.order("tokens", user_id=other["id"]))["access_token"]
    assert (await amo.get("users")).status == 403
    as_admin = {"X-Context-User-ID": str(admin["id"])}
    assert (await amo.get("account", **as_admin)).status == 403
    made = await amo.order("integrations", redirect_uri="http://x/cb", external=True)
    external = {"client_id": made["client_id"], "user_id": admin["id"]}
    amo.token = (await amo.order("tokens", **external))["access_token"]
    assert (await amo.get("account")).status == 200
    assert (await amo.get("users")).status == 403


async def test_unpaid(amo: Amo) -> None:
    await amo.order("account", unpaid="writes")
    assert (await amo.get("account")).status == 200
    assert (await amo.api("POST", "leads", [{"name": "A"}])).status == 402
    await amo.order("account", unpaid="all")
    assert (await amo.get("account")).status == 402


async def test_a_lost_answer_burns_the_token(amo: Amo) -> None:
    pair = await amo.pair()
    await amo.fault(kind="json_500", path="/oauth2/access_token", after=True, count=1)
    assert (await amo.refresh(pair["refresh_token"])).status == 500
    assert (await amo.refresh(pair["refresh_token"])).status == 401
