"""What amoCRM's own servers send: market installs, the site button, the uninstall hook."""

import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt

from tests.twins.amocrm.client import Amo, sample
from tests.twins.conftest import Gateway


async def register(amo: Amo, gateway: Gateway, **more: Any) -> dict[str, Any]:
    made = await amo.order(
        "integrations",
        redirect_uri=f"{gateway.base_url}/cb",
        uninstall_url=f"{gateway.base_url}/bye?from=amo",
        **more,
    )
    amo.integration = made
    return dict(made)


async def test_market_install_has_no_state(amo: Amo, gateway: Gateway) -> None:
    mine = await register(amo, gateway)
    gateway.status = 500
    report = await amo.order("install", client_id=mine["client_id"])
    assert report["status"] == 500  # ignored: it is installed all the same
    (came,) = gateway.came
    code = came["query"].pop("code")
    assert (came["method"], came["path"]) == ("GET", "/cb")
    assert came["query"] == {
        "referer": amo.root.removeprefix("http://"),
        "platform": "1",
        "client_id": mine["client_id"],
        "from_widget": "1",
    }
    assert (await amo.exchange(grant_type="authorization_code", code=code)).status == 200


async def test_the_button_posts_the_secret_before_the_redirect(amo: Amo, gateway: Gateway) -> None:
    order = {"secrets_uri": f"{gateway.base_url}/secrets", "redirect_uri": f"{gateway.base_url}/cb"}
    made = await amo.order("button", state="st", **order)
    (came,) = gateway.came
    assert (came["method"], came["path"]) == ("POST", "/secrets")
    assert made["secrets"]["status"] == 200
    query = parse_qs(urlsplit(made["location"]).query)
    assert (query["state"], query["client_id"]) == (["st"], [made["client_id"]])
    await amo.order("oauth/grant", deliver=True, client_id=made["client_id"], state="x")
    assert [c["path"] for c in gateway.came] == ["/secrets", "/cb"]


async def test_uninstall_kills_tokens_and_sends_a_signed_hook(amo: Amo, gateway: Gateway) -> None:
    mine = await register(amo, gateway)
    pair = await amo.pair()
    amo.token = pair["access_token"]
    await amo.order("uninstall", client_id=mine["client_id"])
    (came,) = gateway.came
    text = f"{mine['client_id']}|31000001"
    signature = hmac.new(mine["client_secret"].encode(), text.encode(), hashlib.sha256).hexdigest()
    assert came["query"] == {
        "from": "amo",
        "account_id": "31000001",
        "client_uuid": mine["client_id"],
        "signature": signature,
    }
    assert (await amo.get("account")).status == 401
    assert (await amo.refresh(pair["refresh_token"])).json == sample("401_refresh_revoked")
    again = await amo.order("uninstall", client_id=mine["client_id"])
    assert again == {"error": "the integration is not installed in this account"}


async def test_the_hook_under_its_other_name(amo: Amo, gateway: Gateway) -> None:
    mine = await register(amo, gateway)
    await amo.switch(uninstall_name="client_id")
    await amo.pair()
    await amo.order("uninstall", client_id=mine["client_id"])
    assert gateway.came[0]["query"]["client_id"] == mine["client_id"]


async def test_who_may_say_yes(amo: Amo, gateway: Gateway) -> None:
    mine = await register(amo, gateway, own_account="large")
    client = {"client_id": mine["client_id"]}
    refused = await amo.order("oauth/grant", **client)
    assert refused == {"error": "a private integration works in its own account only"}
    await amo.order("integrations", own_account=None, **client)
    refused = await amo.order("oauth/grant", user_id=10001002, **client)
    assert refused == {"error": "the first grant is an administrator's"}
    await amo.order("oauth/grant", **client)
    assert "code=" in (await amo.order("oauth/grant", user_id=10001002, **client))["location"]


async def test_the_consent_form_redirects(amo: Amo) -> None:
    form = {"decision": "allow", "state": "s", "account": "demo", "user_id": "10001001"}
    answer = await amo.send("POST", f"{amo.root}/oauth/decide", data=form)
    assert answer.status == 302
    assert "state=s&referer=" in answer.headers["Location"]
    denied = await amo.send("POST", f"{amo.root}/oauth/decide", data={"state": "s"})
    assert denied.headers["Location"].endswith("?error=access_denied&state=s")
    question = (await amo.send("GET", f"{amo.root}/_twin/oauth")).json
    assert "client_secret" not in question["integration"]
    assert [a["name"] for a in question["accounts"]] == ["demo", "large"]


async def test_disposable_token(amo: Amo) -> None:
    token = (await amo.order("disposable", user_id=10001002))["token"]
    claims = jwt.decode(
        token,
        amo.integration["client_secret"],
        algorithms=["HS256"],
        audience="http://127.0.0.1:8080",
    )
    assert set(claims) == set(sample("disposable-tokens__01_block_response"))
    assert (claims["user_id"], claims["exp"] - claims["iat"]) == (10001002, 1800)
    assert claims["iss"] == amo.base_url
