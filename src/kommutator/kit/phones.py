"""Phone numbers as the CIS writes them, brought to E.164.

A number is guessed at only where the guess can be checked against the numbering plan
(`phonenumbers`): `8 916…`, `+375 29…`, `0 67…` (Ukraine), `8 701…` (Kazakhstan), `8 029…`
(Belarus), `810 375…` and `00375…` (international access), and bare `375…` as PBXs show it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
    timezone,
)

_NOT_DIGITS = re.compile(r"\D+", re.ASCII)
_TRUNK_8_REGIONS = ("RU", "KZ")
_SHORTEST_INTERNATIONAL = 11  # of the countries we serve; shorter bare digits are local numbers
_LONGEST = 40  # characters; nobody writes a phone number longer than that
_SEASONS = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))
_WORLD = "001"  # the library's word for numbers that belong to no country
_DEAR = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PERSONAL_NUMBER,  # +44 70 and the like: a favourite of toll fraud
        PhoneNumberType.PAGER,
    }
)
# Shared cost, personal (UPT), Inmarsat, satellite, international networks, premium: ITU-T E.164,
# list of assigned country codes.
_DEAR_CODES = frozenset({808, 878, 870, 881, 882, 883, 979})


def digits(text: str) -> str:
    """Only the digits 0-9 of `text`, in order."""
    return _NOT_DIGITS.sub("", text)


@lru_cache(maxsize=8192)
def to_e164(text: str, region: str = "RU") -> str | None:
    """Bring a number to E.164, such as "+375291234567".

    Args:
        text: the number as a person, a CRM or a PBX wrote it.
        region: ISO 3166 two-letter country whose national format is assumed without a "+".

    Returns:
        The number, or None for extensions, short codes, "anonymous" and the like. A number
        written internationally whose length fits its country passes even if its range is not
        assigned yet: numbering plans age faster than releases.
    """
    if len(text) > _LONGEST or len(digits(text)) < 5:  # noqa: PLR2004  no country has shorter subscriber numbers
        return None
    for candidate in _candidates(text):
        number = _parse(candidate, region)
        if number is not None and phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return _merely_possible(text, region)


def same_number(one: str, other: str, region: str = "RU") -> bool:
    """Whether two spellings mean one number; unparseable ones are compared digit by digit."""
    first, second = to_e164(one, region), to_e164(other, region)
    if first is not None or second is not None:
        return first == second
    return bool(digits(one)) and digits(one) == digits(other)


def national_digits(e164: str) -> str:
    """The part after the country code, e.g. "291234567"; for searching in foreign systems."""
    number = _parse(e164, "RU")
    return digits(e164) if number is None else phonenumbers.national_significant_number(number)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a number leads.

    Attributes:
        countries: ISO 3166 codes; several while a number's range is not assigned and its code is
            shared (+7: RU, KZ); empty for numbers of no country.
        dear: premium rate, shared cost, personal, satellite: the call may cost more than calls
            to its country do.
    """

    countries: frozenset[str]
    dear: bool


def destination_of(e164: str) -> Destination:
    """Judge a number that `to_e164` gave."""
    number = _parse(e164, "ZZ")
    if number is None or number.country_code is None:
        return Destination(frozenset(), dear=True)
    one = phonenumbers.region_code_for_number(number)
    shared = phonenumbers.region_codes_for_country_code(number.country_code)
    countries = frozenset({one} if one else shared) - {_WORLD}
    dear = number.country_code in _DEAR_CODES or _is_dear(e164, number)
    return Destination(countries, dear)


def _is_dear(e164: str, number: phonenumbers.PhoneNumber) -> bool:
    """Whether a switch that takes its digits one by one would end at a dear number.

    Networks ignore digits after a complete number, so a premium number with one more at its end,
    which no plan knows, is reached all the same. And what is dialled are all the digits: the
    parser takes the 8 of +375 810 for a trunk prefix, the network does not.
    """
    if phonenumbers.is_valid_number(number):
        return phonenumbers.number_type(number) in _DEAR
    code = number.country_code or 0
    national = digits(e164)[len(str(code)) :]
    return any(
        phonenumbers.number_type(_of_digits(code, national[:length])) in _DEAR
        for length in range(1, len(national) + 1)
    )


def _of_digits(code: int, national: str) -> phonenumbers.PhoneNumber:
    """As it is dialled: no prefix taken off, leading zeros kept."""
    zeros = min(len(national) - len(national.lstrip("0")), len(national) - 1)
    return phonenumbers.PhoneNumber(
        country_code=code,
        national_number=int(national),
        italian_leading_zero=True if zeros else None,
        number_of_leading_zeros=zeros or None,
    )


@lru_cache(maxsize=8192)
def zone_of(e164: str) -> str | None:
    """The IANA time zone in which the number's holder lives; None where the number cannot tell.

    Mobile numbers of big countries live in a dozen zones. Zones of one country that keep the
    same time all year count as one.
    """
    number = _parse(e164, "ZZ")
    names = timezone.time_zones_for_number(number) if number is not None else ()
    clocks: dict[tuple[object, ...], str] = {}
    for name in names:
        try:
            wall = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            return None  # "Etc/Unknown"
        clocks.setdefault(tuple(at.astimezone(wall).utcoffset() for at in _SEASONS), name)
    return next(iter(clocks.values())) if len(clocks) == 1 else None


def countries() -> frozenset[str]:
    """ISO 3166 codes of every country that has numbers."""
    return frozenset(phonenumbers.SUPPORTED_REGIONS)


def _candidates(text: str) -> Iterator[str]:
    bare = digits(text)
    if text.strip().startswith("+"):
        yield text
        return
    if explicit := _explicit(text, bare):
        yield explicit
        return
    yield text
    yield from _trunk_readings(bare)
    if _fits(f"+{bare}"):
        yield f"+{bare}"


def _explicit(text: str, bare: str) -> str | None:
    """The number with a "+", if its writer said that it is international."""
    if text.strip().startswith("+"):
        return f"+{bare}"
    for access in ("810", "00"):
        if bare.startswith(access) and len(bare) - len(access) >= _SHORTEST_INTERNATIONAL:
            return f"+{bare[len(access) :]}"
    return None


def _trunk_readings(bare: str) -> Iterator[str]:
    if bare.startswith("8") and len(bare) == 11:  # noqa: PLR2004  8 and ten digits
        yield f"+7{bare[1:]}"
        if bare.startswith("80"):
            yield f"+375{bare[2:]}"


def _merely_possible(text: str, region: str) -> str | None:
    """Of unassigned ranges: the digits as they came, so that no zero is taken for a prefix."""
    bare = digits(text)
    explicit = _explicit(text, bare)
    if explicit is not None:
        return explicit if _fits(explicit) else None
    if region in _TRUNK_8_REGIONS and (trunk := next(_trunk_readings(bare), None)):
        return trunk
    guess = f"+{bare}"
    return guess if len(bare) >= _SHORTEST_INTERNATIONAL and _fits(guess) else None


def _fits(international: str) -> bool:
    number = _parse(international, "ZZ")
    if number is None or number.country_code is None:
        return False
    shared = phonenumbers.region_code_for_country_code(number.country_code) == _WORLD
    reason = phonenumbers.is_possible_number_with_reason(number)
    return not shared and reason == ValidationResult.IS_POSSIBLE


def _parse(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException:
        return None
