"""Whose phone the CRM means by a client's owner: its users' ids are its own, no other account's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from kommutator.domain.connection import CRMS, Account
from kommutator.domain.redirect import Knowledge, KnownCaller, PhoneState

_NOBODY: Mapping[str, PhoneState] = {}


def gather(
    entry: KnownCaller | None,
    accounts: Sequence[Account],
    numbers: frozenset[str],
    states: Mapping[str, PhoneState] = _NOBODY,
) -> Knowledge:
    """What a decision rests on, without an owner whom only a former CRM account can name.

    Args:
        accounts: the tenant's present ones; those of CRMs hold the table of users' extensions.
        numbers, states: see `Knowledge`.
    """
    told_by = entry.told_by if entry else None
    extensions: dict[str, str | None] = {}
    for crm in sorted(_crms(accounts), key=lambda crm: crm.connection_id == told_by):
        extensions |= _texts(crm.config.get("user_extensions"))  # who told is read last, so it wins
    if entry is not None and not told_by_present(entry.told_by, accounts):
        entry = replace(entry, owner_user=None, owner_code=None)
    return Knowledge(entry, extensions, numbers, states)


def told_by_present(connection_id: UUID | None, accounts: Sequence[Account]) -> bool:
    """Whether the account that told of an entry is still connected."""
    return any(crm.connection_id == connection_id for crm in _crms(accounts))


def _crms(accounts: Sequence[Account]) -> Sequence[Account]:
    return [account for account in accounts if account.kind in CRMS]


def _texts(mapping: object) -> dict[str, str | None]:
    if not isinstance(mapping, Mapping):
        return {}
    return {str(user): str(number) if number else None for user, number in mapping.items()}
