import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommutator.kit.phones import digits, national_digits, same_number, to_e164


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("8 (916) 123-45-67", "RU", "+79161234567"),
        ("79161234567", "RU", "+79161234567"),
        ("9161234567", "RU", "+79161234567"),
        ("79161234567", "BY", "+79161234567"),
        ("89161234567", "BY", "+79161234567"),
        ("+7 (495) 123-45-67 доб. 12", "RU", "+74951234567"),
        ("8 (029) 123-45-67", "BY", "+375291234567"),
        ("80291234567", "RU", "+375291234567"),
        ("375291234567", "RU", "+375291234567"),
        ("810375291234567", "RU", "+375291234567"),
        ("00375291234567", "BY", "+375291234567"),
        ("067 123 45 67", "UA", "+380671234567"),
        ("380671234567", "RU", "+380671234567"),
        ("8 701 123 45 67", "KZ", "+77011234567"),
        ("998901234567", "RU", "+998901234567"),
    ],
)
def test_cis_spellings(text: str, region: str, expected: str) -> None:
    assert to_e164(text, region) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+375000000070", "+375000000070"),
        ("375000000070", "+375000000070"),
        ("+70000000101", "+70000000101"),
        ("80000000070", "+70000000070"),
    ],
)
def test_unassigned_ranges_keep_every_digit(text: str, expected: str) -> None:
    assert to_e164(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "150",
        "1001",
        "anonymous",
        "*97",
        "2-55-66",
        "2255667",
        "0671234567",
        "+",
        "1" * 41,
        "+123",
    ],
)
def test_what_is_no_number_is_not_guessed(text: str) -> None:
    assert to_e164(text, "RU") is None


def test_same_number() -> None:
    assert same_number("8 916 123-45-67", "+79161234567")
    assert same_number("150", "150")
    assert not same_number("150", "151")
    assert not same_number("", "")
    assert not same_number("150", "+79161234567")


def test_digits_are_ascii_only() -> None:
    assert digits("+7 (9٣1) 2x") == "7912"


def test_national_digits() -> None:
    assert national_digits("+375291234567") == "291234567"
    assert national_digits("150") == "150"


@given(
    st.text(alphabet="0123456789+-() *#abcю", max_size=45),
    st.sampled_from(["RU", "BY", "UA", "KZ", "UZ"]),
)
def test_what_is_e164_stays_so(text: str, region: str) -> None:
    number = to_e164(text, region)
    assert number is None or (number[0] == "+" and to_e164(number, region) == number)
