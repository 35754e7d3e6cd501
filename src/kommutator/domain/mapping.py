"""Who has which extension: our mapping, the PBX's numbers and the CRM's codes, side by side.

A mapping is CRM user id → extension. One extension belongs to one user, and the last word is
ours: the CRM is told what we hold, never the other way round, save for the first import.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kommutator.kit.errors import InvalidInput

Codes = Mapping[str, str]
"""CRM user id → extension."""

_EXTENSION = re.compile(r"[0-9*#]{1,20}")
_USER_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Assignment:
    """The mapping after a change. `displaced` lost the number to the new holder."""

    codes: dict[str, str]
    displaced: str | None = None


def assign(codes: Codes, user_id: str, number: str | None) -> Assignment:
    """Give `number` to the user, or take the user's number away (None or "").

    Whoever held the number loses it.

    Raises:
        InvalidInput: `extension_invalid`, `crm_user_invalid`.
    """
    _check_user(user_id)
    rest = {user: held for user, held in codes.items() if user != user_id}
    if not number:
        return Assignment(rest)
    _check_number(number)
    displaced = next((user for user, held in rest.items() if held == number), None)
    if displaced is not None:
        del rest[displaced]
    return Assignment(rest | {user_id: number}, displaced)


def validated(raw: Mapping[str, Any]) -> dict[str, str]:
    """A whole mapping from outside. Null and "" mean: no number.

    Raises:
        InvalidInput: `extension_invalid`, `crm_user_invalid`, or `extension_taken` with
            `number`, `user` and `other` when two users claim one number.
    """
    codes: dict[str, str] = {}
    holders: dict[str, str] = {}
    for user_id, given in raw.items():
        _check_user(user_id)
        if given is None or given == "":
            continue
        number = _written(given)
        _check_number(number)
        if number in holders:
            raise InvalidInput(
                "extension_taken", number=number, user=user_id, other=holders[number]
            )
        holders[number] = user_id
        codes[user_id] = number
    return codes


def _written(number: Any) -> str:
    """JSON typed by hand often lacks the quotes: `{"19": 150}` means what it looks like."""
    if isinstance(number, str):
        return number
    if isinstance(number, int) and not isinstance(number, bool):
        return str(number)
    raise InvalidInput("extension_invalid", number=str(number)[:20])


def holder_of(codes: Codes, number: str) -> str | None:
    """The CRM user who has this extension."""
    return next((user for user, held in codes.items() if held == number), None)


class State(StrEnum):
    """What a row of the comparison tells, the worst that applies."""

    UNKNOWN_USER = "unknown_user"  # we or the CRM give a number to a user who is not there
    CONFLICT = "conflict"  # the number is not on the PBX, or the CRM gives it to somebody else too
    DRIFT = "drift"  # ours and the CRM's differ: a sync tells the CRM ours
    OK = "ok"
    UNASSIGNED = "unassigned"  # a user without a number on either side
    FREE = "free"  # a number of the PBX that nobody has


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `user_id` is None for a free number, which is then in `pbx`.

    Attributes:
        pbx: the number as the PBX has it, None if it lacks the number.
        others: users who are given the same number in the CRM.
    """

    state: State
    user_id: str | None
    pbx: str | None
    ours: str | None
    crm: str | None
    others: tuple[str, ...] = ()


def compare(
    pbx: Collection[str], ours: Codes, crm: Codes, users: Collection[str]
) -> tuple[Row, ...]:
    """The three columns as rows: users in their given order, then strangers, then free numbers.

    Args:
        pbx: the enterprise's extensions.
        ours: our mapping.
        crm: the codes the CRM holds now.
        users: ids of all the CRM's users.
    """
    strangers = sorted((ours.keys() | crm.keys()) - set(users))
    taken = set(ours.values()) | set(crm.values())
    return (
        *(_row(user, pbx, ours, crm, known=True) for user in users),
        *(_row(user, pbx, ours, crm, known=False) for user in strangers),
        *(
            Row(State.FREE, user_id=None, pbx=number, ours=None, crm=None)
            for number in sorted(set(pbx) - taken, key=_by_number)
        ),
    )


def _row(user_id: str, pbx: Collection[str], ours: Codes, crm: Codes, *, known: bool) -> Row:
    mine, theirs = ours.get(user_id), crm.get(user_id)
    number = mine or theirs
    others = tuple(_others(user_id, number, crm)) if number else ()
    if not known:
        state = State.UNKNOWN_USER
    elif number is None:
        state = State.UNASSIGNED
    elif number not in pbx or others or _contested(user_id, mine, theirs, ours):
        state = State.CONFLICT
    else:
        state = State.OK if mine == theirs else State.DRIFT
    return Row(state, user_id, number if number in pbx else None, mine, theirs, others)


def _others(user_id: str, number: str, crm: Codes) -> Iterator[str]:
    return (user for user, code in sorted(crm.items()) if code == number and user != user_id)


def _contested(user_id: str, mine: str | None, theirs: str | None, ours: Codes) -> bool:
    """The CRM gives this user a number that is somebody else's by our mapping."""
    return mine is None and theirs is not None and holder_of(ours, theirs) not in (None, user_id)


@dataclass(frozen=True, slots=True)
class Import:
    """What the first look at the CRM's codes gave. `skipped`: user → the number not taken over."""

    codes: dict[str, str]
    imported: dict[str, str]
    skipped: dict[str, str]


def merge_first_import(ours: Codes, crm: Codes) -> Import:
    """Take over the CRM's codes where we know nothing; what we hold is never changed.

    A number that two users of the CRM share, or that we gave to somebody, is skipped: a person
    decides. Malformed codes are skipped as well.
    """
    shared = {number for number, count in Counter(crm.values()).items() if count > 1}
    given = set(ours.values())
    imported, skipped = {}, {}
    for user, number in sorted(crm.items()):
        if user in ours:
            if ours[user] != number:
                skipped[user] = number
        elif number in shared or number in given or not _EXTENSION.fullmatch(number):
            skipped[user] = number
        else:
            imported[user] = number
    return Import(codes=dict(ours) | imported, imported=imported, skipped=skipped)


def to_push(ours: Codes, crm: Codes, users: Collection[str] | None = None) -> dict[str, str] | None:
    """The codes the CRM should be told, or None when it already holds them: ours win.

    With `users`, ours of users the CRM does not have are left out: it would refuse them.
    """
    wanted = {u: n for u, n in ours.items() if users is None or u in users}
    return None if wanted == dict(crm) else wanted


def _check_user(user_id: str) -> None:
    if not _USER_ID.fullmatch(user_id):
        raise InvalidInput("crm_user_invalid", user=user_id[:64])


def _check_number(number: str) -> None:
    if not _EXTENSION.fullmatch(number):
        raise InvalidInput("extension_invalid", number=number[:20])


def _by_number(number: str) -> tuple[int, str]:
    return len(number), number
