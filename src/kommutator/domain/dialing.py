"""Whose phone rings when somebody clicks a number. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from kommutator.kit.errors import InvalidInput


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
