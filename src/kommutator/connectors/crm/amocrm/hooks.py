"""What amoCRM sends us: raw body → notices. Decides and trusts nothing.

There is no signature: the secret in the address proves the sender, and a notice is a hint to
read the card again, for hooks come late, doubled, out of order or not at all.

Traps of the bodies, each with a fixture in tests/connectors/amocrm/hook_samples.py:
companies come under `contacts` with a `type`; tasks in a list in a list; notes tell the card
only inside; a deletion has hardly more than an id; a hook of the digital pipeline has no times.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from kommutator.connectors.crm.amocrm.hook_form import Tree, items_in, read_form
from kommutator.domain.crm_data import EntityKind

_ACCOUNT: Final = "account"
_NOT_NAMED: Final = "unnamed"  # `add[0]…`: an action whose kind the body does not tell
_PLURALS: Final = {"contact": "contacts", "company": "companies", "lead": "leads", "task": "tasks"}
_ELEMENTS: Final = {"1": "contacts", "2": "leads", "3": "companies", "12": "customers"}
"""The vendor's old numbers of kinds."""
_MOMENTS: Final = ("updated_at", "last_modified", "created_at", "date_create")
_A_MOMENT: Final = re.compile(
    rb"(?:\[|%5b)(?:" + "|".join(_MOMENTS).encode() + rb")(?:\]|%5d)=", re.IGNORECASE
)
_LONGEST_ID = 18  # digits; anything longer is no id of the vendor's


@dataclass(frozen=True, slots=True)
class Notice:
    """Something happened to one thing of the CRM.

    Attributes:
        action: the vendor's word: "add", "update", "delete", "restore", "status",
            "responsible", "note", "mail_in"…
        entity: plural: "leads", "contacts", "companies", "customers", "tasks", "unsorted",
            "message"…; unknown ones as they came.
        id: of the thing; text, because those of messages and of the tray are no numbers.
        updated_at: the latest moment that the body tells of it, UTC.
        raw: all fields of the thing, maps and strings.
    """

    action: str
    entity: str
    id: str | None
    responsible_id: int | None = None
    old_responsible_id: int | None = None
    status_id: int | None = None
    old_status_id: int | None = None
    pipeline_id: int | None = None
    old_pipeline_id: int | None = None
    updated_at: datetime | None = None
    account_id: int | None = None
    subdomain: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def kind(self) -> EntityKind | None:
        """None for what is no card of ours."""
        return EntityKind(self.entity) if self.entity in list(EntityKind) else None

    @property
    def entity_id(self) -> int | None:
        """Of a card that can be read again."""
        return None if self.kind is None else number(self.id)

    @property
    def deletes(self) -> bool:
        return self.action == "delete" and self.kind is not None


@dataclass(frozen=True, slots=True)
class HookBody:
    """One request: whose account it names, and all that it tells, in the order of the body."""

    account_id: int | None
    subdomain: str | None
    notices: tuple[Notice, ...]


def read_hook(body: bytes) -> HookBody:
    """Everything one request tells; kinds and actions that nobody knows are kept.

    Raises:
        InvalidInput: `amocrm_hook_unreadable`, and nothing else whatever the bytes are.
    """
    tree = read_form(body)
    account = _map(tree.get(_ACCOUNT))
    account_id, subdomain = number(account.get("id")), _words(account.get("subdomain"))
    notices = tuple(
        _notice(action, group, item, account_id, subdomain) for group, action, item in _things(tree)
    )
    return HookBody(account_id, subdomain, notices)


def dedupe_key(body: bytes, request_id: str | None = None) -> str:
    """By which the same news, sent again, is known: hex, 64 characters.

    A body that carries a time is its own name. One without (a deletion, a digital pipeline's)
    may come again with other news; then `X-Amocrm-Requestid` keeps them apart. Whether the
    vendor repeats that id with a repeat is not documented: if not, a card is read once more.
    """
    digest = hashlib.sha256(body)
    if request_id and not _A_MOMENT.search(body):
        digest.update(b"\x00" + request_id.encode("utf-8", "replace"))
    return digest.hexdigest()


def number(value: object) -> int | None:
    """An id or a moment as the vendor writes it; None for anything else."""
    text = value if isinstance(value, str) else ""
    plain = text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID
    return int(text) if plain else None


def _things(tree: Tree) -> Iterator[tuple[str, str, Tree]]:
    """Each (group, action, item), e.g. ("leads", "status", {…})."""
    for group, actions in tree.items():
        if group == _ACCOUNT or not isinstance(actions, dict):
            continue
        if all(key.isdigit() for key in actions):  # no kind was told, only what happened
            yield from ((_NOT_NAMED, group, item) for item in _items(actions))
            continue
        for action, items in actions.items():
            yield from ((group, action, item) for item in _items(items))


def _items(value: object) -> Iterator[Tree]:
    """The things of a list; of a list in a list too; a thing without its list is one."""
    fields = _map(value)
    if fields and not all(key.isdigit() for key in fields):
        yield fields
        return
    for item in items_in(fields):
        inner = item.get("0")
        yield from items_in(item) if isinstance(inner, dict) else (item,)


def _notice(
    action: str, group: str, item: Tree, account_id: int | None, subdomain: str | None
) -> Notice:
    note = _map(item.get("note")) if action == "note" else {}
    about = note or item
    return Notice(
        action=action,
        entity=_entity(group, item, note),
        id=_words(note.get("element_id") if note else item.get("id") or item.get("uid")),
        responsible_id=number(about.get("responsible_user_id")),
        old_responsible_id=number(item.get("old_responsible_user_id")),
        status_id=number(item.get("status_id")),
        old_status_id=number(item.get("old_status_id")),
        pipeline_id=number(item.get("pipeline_id")),
        old_pipeline_id=number(item.get("old_pipeline_id")),
        updated_at=_moment(about),
        account_id=account_id or number(about.get("account_id")),
        subdomain=subdomain,
        raw=item,
    )


def _entity(group: str, item: Tree, note: Tree) -> str:
    if note and (told := _ELEMENTS.get(str(note.get("element_type")))):
        return told
    if group == "contacts":  # companies are told of here too
        return _PLURALS.get(str(item.get("type")), group)
    return _PLURALS.get(group, group)


def _moment(fields: Tree) -> datetime | None:
    """The latest one told. Local times without a zone (of tasks) are none."""
    seconds = [at for name in _MOMENTS if (at := number(fields.get(name)))]
    try:
        return datetime.fromtimestamp(max(seconds), UTC) if seconds else None
    except (OverflowError, ValueError, OSError):
        return None


def _map(value: object) -> Tree:
    return value if isinstance(value, dict) else {}


def _words(value: object) -> str | None:
    return (value.strip() or None) if isinstance(value, str) else None
