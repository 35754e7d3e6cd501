"""Whose phone rings when somebody clicks a number, and which number it then calls. Pure.

What may be called is `enterprises.settings.dialing` (`Dialing`), with one order of judgement:
own extensions and short numbers, denied prefixes, dear numbers, allowed prefixes, countries. So
nothing opens what a denied prefix closes, and an allowed prefix opens a country's numbers but
never its premium ones.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from kommutator.kit.errors import Forbidden, InvalidInput
from kommutator.kit.phones import countries, destination_of, digits, to_e164

USUAL_COUNTRIES = ("AM", "AZ", "BY", "GE", "KG", "KZ", "MD", "RU", "TJ", "TM", "UA", "UZ")
MOST_PER_EMPLOYEE = 600
MOST_PER_ENTERPRISE = 6000
_MOST_PREFIXES = 100
_LONGEST_NAME = 100
_EXTENSION = re.compile(r"[0-9]{2,6}")

# As people and CRMs write numbers, and nothing else: no letters, no second number, no CR and LF,
# none of the digits that only Unicode knows.
_WRITTEN = re.compile(r"[ \u00a0]*\+?[0-9][0-9 \u00a0()./\u2010-\u2013-]*")
_SHORT = 6  # digits: emergency, operator and short numbers everywhere; no subscriber has fewer
_PREFIX = re.compile(r"\+[1-9][0-9]{0,14}")
_SPACING = re.compile(r"[\s().-]+")


@dataclass(frozen=True, slots=True)
class Dialing:
    """What clicks may call, and how often.

    Attributes:
        countries: ISO 3166 codes.
        allowed, denied: beginnings of E.164 numbers, "+" included.
        premium: premium-rate, shared-cost, personal and satellite numbers, too.
        per_employee, per_enterprise: clicks per minute on average; half of them at once.
    """

    countries: frozenset[str]
    allowed: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    premium: bool = False
    per_employee: int = 10
    per_enterprise: int = 60

    def stored(self) -> dict[str, Any]:
        """As `enterprises.settings.dialing` holds it."""
        return {
            **asdict(self),
            "countries": sorted(self.countries),
            "allowed": list(self.allowed),
            "denied": list(self.denied),
        }


def read_dialing(settings: Mapping[str, Any], region: str | None = None) -> Dialing:
    """The policy of an enterprise; what is missing has its default.

    Args:
        settings: `enterprises.settings`.
        region: ISO 3166 code of the PBX's country, open by default.

    Raises:
        InvalidInput: as `checked_dialing`, when somebody wrote the row by hand.
    """
    given = settings.get("dialing") or {}
    usual = {*USUAL_COUNTRIES, region} & countries()
    return checked_dialing({"countries": sorted(usual), **given})


def checked_dialing(given: Mapping[str, Any]) -> Dialing:
    """A policy from outside.

    Raises:
        InvalidInput: `dialing_invalid` for wrong shapes, `dialing_country_unknown`,
            `dialing_prefix_invalid`, `dialing_limit_invalid`.
    """
    premium = given.get("premium", False)
    if not isinstance(premium, bool):
        raise InvalidInput("dialing_invalid", field="premium")
    chosen = frozenset(code.upper() for code in _texts(given, "countries"))
    if unknown := sorted(chosen - countries()):
        raise InvalidInput("dialing_country_unknown", country=unknown[0][:20])
    return Dialing(
        countries=chosen,
        allowed=tuple(map(_prefix, _texts(given, "allowed"))),
        denied=tuple(map(_prefix, _texts(given, "denied"))),
        premium=premium,
        per_employee=_limit(given.get("per_employee", 10), MOST_PER_EMPLOYEE),
        per_enterprise=_limit(given.get("per_enterprise", 60), MOST_PER_ENTERPRISE),
    )


def destination(phone: str, dialing: Dialing, region: str, own: Collection[str]) -> str:
    """The E.164 number that a click may call.

    Colleagues are refused: they are dialled on the phone itself, and the second half of a click
    goes out through the trunk.

    Args:
        phone: as it came.
        region: whose national format is assumed without a "+".
        own: the enterprise's extensions.

    Raises:
        InvalidInput: `phone_invalid`.
        Forbidden: `destination_internal`, `destination_short`, `destination_denied`,
            `destination_premium`, `destination_country`.
    """
    bare = digits(phone)
    if not _WRITTEN.fullmatch(phone):
        raise InvalidInput("phone_invalid", phone=printable(phone))
    if bare in own:
        raise Forbidden("destination_internal", phone=bare)
    if len(bare) <= _SHORT:
        raise Forbidden("destination_short", phone=bare)
    number = to_e164(phone, region)
    if number is None:
        raise InvalidInput("phone_invalid", phone=printable(phone))
    if number.startswith(dialing.denied):
        raise Forbidden("destination_denied", phone=number)
    leads = destination_of(number)
    if leads.dear and not dialing.premium:
        raise Forbidden("destination_premium", phone=number)
    if number.startswith(dialing.allowed) or (leads.dear and not leads.countries):
        return number
    if not leads.countries or not leads.countries <= dialing.countries:
        country = "/".join(sorted(leads.countries)[:2]) or "?"
        raise Forbidden("destination_country", phone=number, country=country)
    return number


def line_for(
    asked: str | None, extension: str, *, own: Collection[str], shown: Mapping[str, str]
) -> str | None:
    """The company number that the client sees; None leaves it to the PBX.

    What the CRM asks for counts only if it is one of the company's own: nobody borrows somebody
    else's number through us.

    Args:
        asked: E.164 or None.
        own: the company's numbers, E.164.
        shown: extension → number, "*" for everybody else.
    """
    if asked and asked in own:
        return asked
    return shown.get(extension) or shown.get("*") or None


def line_book(text: str) -> dict[str, str]:
    """Company numbers from a form, one per line: `+375170000001 Sales` → number → name.

    Raises:
        InvalidInput: `line_invalid`.
    """
    found = {}
    for line in _typed_lines(text):
        number, _, name = line.partition(" ")
        found[_own_number(number, line)] = printable(name.strip(), _LONGEST_NAME)
    return found


def shown_book(text: str) -> dict[str, str]:
    """Who is shown as which number, one per line: `150 +375…` or `* +375…` for everybody else.

    Raises:
        InvalidInput: `line_invalid`, `extension_invalid`.
    """
    found = {}
    for line in _typed_lines(text):
        who, _, number = line.partition(" ")
        if who != "*" and not _EXTENSION.fullmatch(who):
            raise InvalidInput("extension_invalid", number=printable(who))
        found[who] = _own_number(number, line)
    return found


def _typed_lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _own_number(text: str, line: str) -> str:
    number = to_e164(text) if text.strip().startswith("+") else None
    if number is None:
        raise InvalidInput("line_invalid", line=printable(line))
    return number


def printable(text: str, longest: int = 40) -> str:
    """A stranger's text for people: short, on one line, nothing that commands a terminal."""
    return "".join(c if c.isprintable() else " " for c in text[:longest])


def _prefix(text: str) -> str:
    bare = _SPACING.sub("", text)
    if not _PREFIX.fullmatch(bare):
        raise InvalidInput("dialing_prefix_invalid", prefix=printable(text))
    return bare


def _texts(given: Mapping[str, Any], name: str) -> list[str]:
    texts = given.get(name) or []
    if not isinstance(texts, list | tuple | set | frozenset):
        raise InvalidInput("dialing_invalid", field=name)
    if len(texts) > max(_MOST_PREFIXES, len(countries())):
        raise InvalidInput("dialing_invalid", field=name)
    if not all(isinstance(text, str) for text in texts):
        raise InvalidInput("dialing_invalid", field=name)
    return list(dict.fromkeys(texts))


def _limit(value: Any, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise InvalidInput("dialing_limit_invalid", most=most)
    return value


def extension_for(
    *,
    code: str | None,
    user_id: str | None,
    mapping: Mapping[str, str | None],
    known: Collection[str],
) -> str:
    """The extension to ring.

    A `code` given by the CRM wins over the user (requirement 002, test 2), but only if it is
    one of the enterprise's own numbers: the CRM may hold a stale one, and a stranger's
    number must never be rung.

    Args:
        code: extension named in the request, if any.
        user_id: CRM user who clicked, if told.
        mapping: CRM user id → extension, our own table.
        known: every internal number of the enterprise.

    Raises:
        InvalidInput: `extension_unknown`, `extension_not_configured`, `caller_missing`.
    """
    if code:
        if code in known or code in mapping.values():
            return code
        raise InvalidInput("extension_unknown", extension=code)
    if not user_id:
        raise InvalidInput("caller_missing")
    extension = mapping.get(user_id)
    if not extension:
        raise InvalidInput("extension_not_configured", user=user_id)
    return extension
