"""The vendor's own vectors."""

import base64
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from kommutator.twins.yclients.applications import Application
from kommutator.twins.yclients.connect import Redirect
from kommutator.twins.yclients.hook_switches import HookSwitches
from kommutator.twins.yclients.signing import payment_sign, php_json, sign, user_data

SAMPLES = Path(__file__).parents[1] / "samples"
VECTORS = json.loads((SAMPLES / "marketplace_user_data_vectors.json").read_text("utf-8"))
PAYMENT = json.loads((SAMPLES / "marketplace_lifecycle.json").read_text("utf-8"))["payment"]


@pytest.mark.parametrize("name", ["official", "live_shape"])
def test_user_data(name: str) -> None:
    vector = VECTORS[name]
    text, signature = user_data(vector["partner_token"], json.loads(vector["decoded"]))
    assert text == vector["user_data"]
    assert signature == vector["user_data_sign"]


def test_slashes_are_escaped_and_letters_are_not() -> None:
    assert php_json({"a": "x/Ж"}) == '{"a":"x\\/Ж"}'.encode()


def test_payment() -> None:
    told = payment_sign(
        PAYMENT["partner_token"], PAYMENT["salon_id"], PAYMENT["amount"], PAYMENT["discount"]
    )
    assert told == PAYMENT["sign"]


def app(**changes: object) -> Application:
    facts: dict[str, object] = {"redirect_url": "https://we.example/redirect"} | changes
    return Application(7, "App", 1, **facts)  # type: ignore[arg-type]  # a test's shorthand


def query(salon_ids: list[int], application: Application | None = None, **wanted: object) -> str:
    switches = HookSwitches()
    switches.change(wanted)
    # Base64 of this person has a plus.
    person = {"id": 1, "name": "Ж?>~"}
    url = Redirect(salon_ids, person).url(application or app(), "token", switches)
    return url.removeprefix("https://we.example/redirect?")


def test_one_salon_and_several() -> None:
    assert query([5]).startswith("salon_id=5&user_data=")
    assert query([5], redirect_single_as_list=True).startswith("salon_ids[]=5&user_data=")
    assert query([5, 6]).startswith("salon_ids[]=5&salon_ids[]=6&user_data=")
    numbered = query([5, 6], redirect_salons="numbered")
    assert numbered.startswith("salon_ids[0]=5&salon_ids[1]=6&user_data=")


def test_a_plus_may_arrive_as_a_space() -> None:
    assert "%2B" in query([5])
    assert "+" not in query([5])
    assert "+" in query([5], redirect_plus_to_space=True)


def test_without_user_data() -> None:
    assert query([5], app(pass_user_data=False)) == "salon_id=5"


def test_a_redirect_url_with_a_query_of_its_own() -> None:
    whole = query([5], app(redirect_url="https://we.example/redirect?x=1"))
    assert whole.startswith("x=1&salon_id=5&")


@pytest.mark.parametrize("spoil", ["data", "sign", "unsigned"])
def test_a_spoilt_redirect_does_not_verify(spoil: str) -> None:
    person = {"id": 1, "email": "one@example.com"}
    url = Redirect([5], person, spoil).url(app(), "token", HookSwitches())
    pairs = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    decoded = base64.b64decode(pairs["user_data"])
    assert pairs.get("user_data_sign") != sign("token", decoded)
    assert (json.loads(decoded) == person) is (spoil != "data")


def test_an_unknown_way_to_spoil() -> None:
    with pytest.raises(ValueError, match="spoil"):
        Redirect([5], {}, "salt").url(app(), "token", HookSwitches())
