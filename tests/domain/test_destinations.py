"""What clicks may call: the order of judgement, and words for each refusal."""

from typing import Any

import pytest

from kommutator.domain.dialing import (
    USUAL_COUNTRIES,
    Dialing,
    checked_dialing,
    destination,
    line_for,
    printable,
    read_dialing,
)
from kommutator.kit.errors import Forbidden, InvalidInput, UserError

OWN = {"150", "151", "20011"}


def policy(**changes: Any) -> Dialing:
    return read_dialing({"dialing": changes}, "BY")


def called(phone: str, region: str = "BY", **changes: Any) -> str:
    return destination(phone, policy(**changes), region, OWN)


def refused(phone: str, **changes: Any) -> str:
    with pytest.raises(UserError) as error:
        called(phone, **changes)
    return error.value.code


@pytest.mark.parametrize(
    ("phone", "number"),
    [
        ("+375291234567", "+375291234567"),
        ("+375 (29) 123-45-67", "+375291234567"),
        (" 80291234567", "+375291234567"),
        ("375291234567", "+375291234567"),
        ("+7 916 123-45-67", "+79161234567"),
        ("8 (495) 123-45-67", "+74951234567"),
        ("810 380 67 123 45 67", "+380671234567"),
    ],
)
def test_the_neighbourhood_may_be_called_however_it_is_written(phone: str, number: str) -> None:
    assert called(phone) == number


def test_the_country_of_the_pbx_is_the_one_assumed() -> None:
    assert called("0671234567", region="UA") == "+380671234567"


@pytest.mark.parametrize(
    "phone",
    [
        "+375291234567&PJSIP/00441234567",
        "+375291234567,1,Dial(PJSIP/151)",
        "+375291234567\r\nAction: Command",
        "+375291234567\n",
        "+375291234567;ext=1",
        "+37529123٤567",
        "٣٧٥٢٩١٢٣٤٥٦٧",
        "+375291234567 x12",
        "+37529CALLNOW",
        "tel:+375291234567",
        "++375291234567",
        "+375291234567+375291234568",
        "+375" + "2" * 60,
        "",
        "+",
    ],
)  # fmt: skip
def test_what_is_no_plain_number_is_refused(phone: str) -> None:
    assert refused(phone) == "phone_invalid"


@pytest.mark.parametrize("phone", ["112", "101", "911", "+112", "8-112", "01", "0611", "88001"])
def test_emergency_and_short_numbers_are_not_clicked(phone: str) -> None:
    assert refused(phone) == "destination_short"


@pytest.mark.parametrize("phone", ["150", "20011"])
def test_colleagues_are_dialled_on_the_phone(phone: str) -> None:
    assert refused(phone) == "destination_internal"


@pytest.mark.parametrize(
    "phone",
    [
        "+78091234567",  # premium rate inside an open country
        "+881612345678",  # satellite
        "+870773111632",  # Inmarsat
        "+979123456789",  # international premium
        "+447012345678",  # personal number
        "+883510000000000",  # international network
    ],
)
def test_dear_numbers_need_the_switch(phone: str) -> None:
    assert refused(phone, countries=["RU", "GB"]) == "destination_premium"
    assert refused(phone, allowed=[phone[:4]]) == "destination_premium"
    assert called(phone, countries=["RU", "GB"], premium=True) == phone


@pytest.mark.parametrize(
    "phone",
    [
        "+780912345678",  # +7 809 123-45-67 and one digit more, which no network looks at
        "+37590212345678",
        "+3758101234567",  # whose 8 the parser takes for a trunk prefix
        "81037590212345678",
    ],
)
def test_a_dear_number_cannot_hide_behind_more_digits(phone: str) -> None:
    assert refused(phone) == "destination_premium"


@pytest.mark.parametrize("phone", ["+3752912345678", "+375000000070", "+78409401234"])
def test_other_numbers_of_no_plan_are_not_taken_for_dear(phone: str) -> None:
    assert called(phone, countries=["BY", "RU", "KZ"]) == phone


@pytest.mark.parametrize(
    "phone", ["+12425551234", "+18765551234", "+442071234567", "+37126123456", "+80012345678"]
)
def test_other_countries_are_closed_until_opened(phone: str) -> None:
    assert refused(phone) == "destination_country"
    assert called(phone, allowed=[phone[:3]]) == phone


def test_a_range_of_nobody_is_open_only_if_all_who_share_its_code_are() -> None:
    assert called("+76001234567", countries=["RU", "KZ"]) == "+76001234567"
    assert refused("+76001234567", countries=["RU"]) == "destination_country"


def test_denied_beats_allowed_and_everything() -> None:
    changes = {"allowed": ["+37529"], "denied": ["+375 29 123"], "premium": True}
    assert refused("+375291234567", **changes) == "destination_denied"
    assert called("+375291334567", **changes) == "+375291334567"
    assert refused("+78091234567", denied=["+7809"]) == "destination_denied"


def test_no_country_at_all_leaves_the_prefixes() -> None:
    assert refused("+375291234567", countries=[]) == "destination_country"
    assert called("+375291234567", countries=[], allowed=["+375"]) == "+375291234567"


def test_the_default_is_the_neighbourhood_with_the_country_of_the_pbx() -> None:
    assert read_dialing({}, "PL").countries == {*USUAL_COUNTRIES, "PL"}
    assert read_dialing({}, "nonsense").countries == set(USUAL_COUNTRIES)
    assert (policy().per_employee, policy().per_enterprise, policy().premium) == (10, 60, False)


def test_a_policy_is_stored_as_it_is_read() -> None:
    chosen = policy(countries=["by"], allowed=["+48 22"], denied=["+375 (29) 1"], per_employee=3)
    assert read_dialing({"dialing": chosen.stored()}) == chosen
    assert (chosen.countries, chosen.allowed) == ({"BY"}, ("+4822",))
    assert chosen.denied == ("+375291",)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"countries": ["XX"]}, "dialing_country_unknown"),
        ({"countries": "BY"}, "dialing_invalid"),
        ({"countries": [1]}, "dialing_invalid"),
        ({"premium": "yes"}, "dialing_invalid"),
        ({"allowed": ["375"]}, "dialing_prefix_invalid"),
        ({"denied": ["+"]}, "dialing_prefix_invalid"),
        ({"denied": ["+375x"]}, "dialing_prefix_invalid"),
        ({"allowed": ["+1"] * 1 + [f"+1{n}" for n in range(999)]}, "dialing_invalid"),
        ({"per_employee": 0}, "dialing_limit_invalid"),
        ({"per_employee": True}, "dialing_limit_invalid"),
        ({"per_enterprise": 10**9}, "dialing_limit_invalid"),
        ({"per_enterprise": "60"}, "dialing_limit_invalid"),
    ],
)
def test_a_policy_that_means_nothing_is_refused(given: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput) as error:
        checked_dialing(given)
    assert error.value.code == code


def test_the_company_number_is_never_a_strangers() -> None:
    own = {"+375170000001", "+375170000002"}
    shown = {"*": "+375170000001", "150": "+375170000002"}
    assert line_for("+375170000001", "150", own=own, shown=shown) == "+375170000001"
    assert line_for("+375291234567", "150", own=own, shown=shown) == "+375170000002"
    assert line_for(None, "151", own=own, shown=shown) == "+375170000001"
    assert line_for("+375291234567", "151", own=own, shown={}) is None


def test_a_strangers_text_stays_on_one_line() -> None:
    assert printable("+375\r\nAction: Hangup\x1b[2J") == "+375  Action: Hangup [2J"


def test_a_refusal_says_which_country() -> None:
    with pytest.raises(Forbidden) as error:
        called("+442071234567")
    assert error.value.params == {"phone": "+442071234567", "country": "GB"}
