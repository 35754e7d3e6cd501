"""What a tenant wants of its amoCRM: `connections.config`, read tolerantly into types.

The keys that every CRM has (`user_extensions`, `lines`, `events`, `rules`, `recordings`,
`default_performer`…) are read by `domain.calls.policy` and `domain.mapping` too; the shape is in
ARCHITECTURE.md. What is missing keeps its default; what makes no sense is as if it were missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeVar

from kommutator.connectors.crm.amocrm.manifest import (
    BATCH,
    COPY_SETTINGS,
    HOOK_SETTINGS,
    MAX_BATCH,
)
from kommutator.domain.commands import Direction
from kommutator.kit.plain_json import as_map, as_text, texts_in

_DUE_MINUTES: Final = 60
_LONGEST_DUE_MINUTES: Final = 366 * 24 * 60


class Unknown(StrEnum):
    """What becomes of a call of a number that the CRM has not got."""

    CONTACT = "contact"
    CONTACT_AND_LEAD = "contact_and_lead"
    UNSORTED = "unsorted"  # inbound only, and only where the account has the tray
    TASK = "task"
    SKIP = "skip"


class MissedOwner(StrEnum):
    """Whose a missed call is, and what it creates."""

    CLIENT_OWNER = "client_owner"
    FIRST_RANG = "first_rang"
    LAST_RANG = "last_rang"
    DEFAULT = "default"


class CallTo(StrEnum):
    """Where a call is written: where the vendor finds the number, or always on the contact."""

    CARD = "card"
    CONTACT_NOTE = "contact_note"


class UnsortedPhone(StrEnum):
    """What the tray's `phone` is; the vendor's documents contradict each other [I#441]."""

    CLIENT = "client"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class LeadPlace:
    """Where a new lead goes; None: where the account puts it by itself."""

    pipeline_id: int | None = None
    status_id: int | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AmoCrmConfig:
    """Typed; see ARCHITECTURE.md for the keys.

    Attributes:
        users: amoCRM user → extension.
        default_user: for whatever has nobody else.
        asks_owner: records of missed calls too go to the client's owner, at the price of one more
            request each; else to who rang first. Only where the tenant has said `client_owner`.
        contact_name, lead_name: of what a call creates; `{phone}` in them is the number.
        lead_methods: what a rule's `method` names; see `place_of`.
        task_minutes: until a task is due that names no deadline.
        batch: calls in one request; at most the 50 that the vendor recommends.
        unsorted_on: whether the account has the tray; learnt when it was connected.
        language: of words that we write into the CRM: ru, uk or en.
    """

    users: Mapping[int, str] = field(default_factory=dict)
    default_user: int | None = None
    unknown: Mapping[Direction, Unknown] = field(default_factory=dict)
    missed_owner: MissedOwner = MissedOwner.CLIENT_OWNER
    asks_owner: bool = False
    call_to: CallTo = CallTo.CARD
    unsorted_phone: UnsortedPhone = UnsortedPhone.CLIENT
    unsorted_on: bool = False
    popup_everybody: bool = False
    contact_name: str = "{phone}"
    lead_name: str = ""
    lead: LeadPlace = LeadPlace()
    lead_methods: Mapping[str, LeadPlace] = field(default_factory=dict)
    task_text: str = ""
    task_minutes: int = _DUE_MINUTES
    batch: int = BATCH
    hook_settings: tuple[str, ...] = HOOK_SETTINGS + COPY_SETTINGS
    language: str = "ru"

    def user_at(self, extension: str | None) -> int | None:
        """Who sits at an extension."""
        return next((user for user, number in self.users.items() if number == extension), None)

    def users_at(self, extensions: tuple[str, ...]) -> tuple[int, ...]:
        """All of them, in the order of the extensions, each once."""
        found = (user for number in extensions for user, own in self.users.items() if own == number)
        return tuple(dict.fromkeys(found))

    def owner(
        self, *, extension: str | None, rang: tuple[str, ...], of_client: int | None
    ) -> int | None:
        """Whose a call is, or what it creates.

        Args:
            extension: who talked, dialled, or rang first.
            rang: of a missed call, who rang, in order; empty: it was not missed.
            of_client: whose the client is, as the CRM says.
        """
        if not rang:
            return self.user_at(extension) or of_client or self.default_user
        rung = self.users_at(rang)
        choice: Mapping[MissedOwner, int | None] = {
            MissedOwner.CLIENT_OWNER: of_client or next(iter(rung), None),
            MissedOwner.FIRST_RANG: next(iter(rung), None),
            MissedOwner.LAST_RANG: next(reversed(rung), None),
            MissedOwner.DEFAULT: None,
        }
        return choice[self.missed_owner] or self.default_user

    def place_of(self, method: str | None) -> LeadPlace:
        """Where a rule's `method` sends a lead.

        A name of `lead_methods`; "pipeline" or "pipeline:status" in digits; else a tag for a lead
        that goes where all go.
        """
        if not method:
            return self.lead
        if method in self.lead_methods:
            return self.lead_methods[method]
        pipeline, _, status = method.partition(":")
        if (first := _id(pipeline)) is not None and (not status or _id(status) is not None):
            return LeadPlace(first, _id(status), self.lead.tags)
        return LeadPlace(self.lead.pipeline_id, self.lead.status_id, (*self.lead.tags, method))


def read_config(config: Mapping[str, Any], *, host: str | None = None) -> AmoCrmConfig:
    """From `connections.config`.

    Args:
        host: of the account: accounts of kommo.com are written to in English unless told else.
    """
    unknown, lead, task = (as_map(config.get(key)) for key in ("unknown_number", "lead", "task"))
    language = as_text(config.get("language"))
    return AmoCrmConfig(
        users=_users(config.get("user_extensions")),
        default_user=_id(config.get("default_user")) or _id(config.get("default_performer")),
        unknown={
            Direction.IN: _word(Unknown, unknown.get("in"), Unknown.CONTACT),
            Direction.OUT: _outbound(_word(Unknown, unknown.get("out"), Unknown.CONTACT)),
        },
        missed_owner=_word(MissedOwner, config.get("missed_owner"), MissedOwner.CLIENT_OWNER),
        asks_owner=config.get("missed_owner") == MissedOwner.CLIENT_OWNER,
        call_to=_word(CallTo, config.get("call_to"), CallTo.CARD),
        unsorted_phone=_word(UnsortedPhone, config.get("unsorted_phone_is"), UnsortedPhone.CLIENT),
        unsorted_on=config.get("is_unsorted_on") is True,
        popup_everybody=config.get("popup_everybody") is True,
        contact_name=as_text(config.get("contact_name")) or "{phone}",
        lead_name=as_text(lead.get("name")) or "",
        lead=_place(lead),
        lead_methods={
            name: _place(as_map(place))
            for name, place in as_map(config.get("lead_methods")).items()
        },
        task_text=as_text(task.get("text")) or "",
        task_minutes=_between(task.get("due_minutes"), 0, _LONGEST_DUE_MINUTES, _DUE_MINUTES),
        batch=_between(config.get("batch"), 1, MAX_BATCH, BATCH),
        hook_settings=texts_in(config.get("hooks")) or HOOK_SETTINGS + COPY_SETTINGS,
        language=language if language in ("ru", "uk", "en") else _spoken_at(host),
    )


def _spoken_at(host: str | None) -> str:
    return "en" if (host or "").endswith((".kommo.com", ".amocrm.com")) else "ru"


def _outbound(word: Unknown) -> Unknown:
    """The tray takes no outbound calls."""
    return Unknown.CONTACT if word is Unknown.UNSORTED else word


def _users(raw: object) -> dict[int, str]:
    found = ((_id(user), as_text(number)) for user, number in as_map(raw).items())
    return {user: number for user, number in found if user is not None and number}


def _place(raw: Mapping[str, Any]) -> LeadPlace:
    return LeadPlace(
        _id(raw.get("pipeline_id")), _id(raw.get("status_id")), texts_in(raw.get("tags"))
    )


def _id(raw: object) -> int | None:
    text = as_text(raw) or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None  # noqa: PLR2004  a bigint


def _between(raw: object, least: int, most: int, default: int) -> int:
    fits = isinstance(raw, int) and not isinstance(raw, bool) and least <= raw <= most
    return int(raw) if fits and isinstance(raw, int) else default


_Word = TypeVar("_Word", bound=StrEnum)


def _word(words: type[_Word], raw: object, default: _Word) -> _Word:
    return words(raw) if isinstance(raw, str) and raw in list(words) else default
