"""Vendors' findings as sentences, for pages and for the requirement's API."""

from __future__ import annotations

from kommutator.domain.ports import Difference
from kommutator.kit.errors import Stage, UserError, VendorError
from kommutator.kit.texts import Texts


def difference_in_words(texts: Texts, locale: str, found: Difference) -> str:
    """One sentence: the field, what we sent, what the CRM holds."""
    return texts.translate(
        locale,
        "difference.sentence",
        field=texts.translate(locale, f"difference.{found.field}", key=found.key),
        sent=_value(texts, locale, found.sent),
        held=_value(texts, locale, found.held),
    )


def person_error(error: VendorError) -> UserError:
    """What a person is told: the vendor's words, that there were none, or that we may not ask."""
    if error.hint == "grant_reconnect":  # of the grants: nothing was sent
        return UserError("vendor_access_ended")
    if error.stage is Stage.ANSWERED:
        return UserError("vendor_refused", message=error.message)
    return UserError("vendor_silent")


def _value(texts: Texts, locale: str, value: object) -> str:
    if value is None:
        return texts.translate(locale, "difference.nothing")
    if isinstance(value, bool):
        return texts.translate(locale, "difference.yes" if value else "difference.no")
    return f"«{value}»"
