"""A talk with one client: what is known, what was asked, what is about to be done. Pure.

Stored as JSON between turns. `Proposal` is the only way to a write: it was put to the client in
an earlier turn, word for word, and the client agreed (`domain/assistant/guard.py`).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

import msgspec

from kommutator.domain.assistant.frame import Expecting, Frame, When


class Offer(msgspec.Struct, frozen=True):
    """One free start that was read at the salon and shown. `starts_at`: the salon's time."""

    staff_id: int
    starts_at: datetime
    seance_s: int


class Act(msgspec.Struct, frozen=True, tag_field="act", omit_defaults=True):
    """Something to be done at the salon or here."""


class BookVisit(Act, frozen=True, tag="book"):
    service_ids: tuple[int, ...]
    offer: Offer
    name: str
    phone: str


class MoveVisit(Act, frozen=True, tag="move"):
    record_id: int
    offer: Offer


class CancelVisit(Act, frozen=True, tag="cancel"):
    """`also`: visits that were proposed to be cancelled together with it."""

    record_id: int
    also: tuple[int, ...] = ()

    @property
    def records(self) -> tuple[int, ...]:
        return (self.record_id, *self.also)


class ConfirmVisit(Act, frozen=True, tag="confirm"):
    """The client said that they come. Needs no proposal: nothing can be lost by it.

    `also`: visits that the same answer is about.
    """

    record_id: int
    also: tuple[int, ...] = ()

    @property
    def records(self) -> tuple[int, ...]:
        return (self.record_id, *self.also)


class Rate(Act, frozen=True, tag="rate"):
    """An answer to our question about a visit; `words`: what the client wrote beside it."""

    record_id: int
    stars: int
    words: str = ""


class OptOut(Act, frozen=True, tag="opt_out"):
    """No message any more that the client did not ask for."""


class OptIn(Act, frozen=True, tag="opt_in"):
    pass


AnyAct = BookVisit | MoveVisit | CancelVisit | ConfirmVisit | Rate | OptOut | OptIn
Proposal = BookVisit | MoveVisit | CancelVisit


class HandOver(StrEnum):
    """Why a person must go on; shown as `handover.<value>`."""

    ASKED = "asked"
    COMPLAINT = "complaint"
    NOT_UNDERSTOOD = "not_understood"  # two turns in a row
    LOW_RATING = "low_rating"
    MEDIA = "media"  # voice, a photo
    SENSITIVE = "sensitive"  # money back, health, the law
    FAILED = "failed"  # the salon's system did not take it, or did not answer
    REMINDER = "reminder"  # answered otherwise than "I come" while staff speak
    STAFF_WROTE = "staff_wrote"  # on the salon's phone, or from the inbox


class Goal(StrEnum):
    NONE = "none"
    BOOK = "book"
    MOVE = "move"
    CANCEL = "cancel"


class Doubt(msgspec.Struct, frozen=True, omit_defaults=True):
    """A bare answer that fits two open questions: the client is asked which one it was for.

    Attributes:
        words: the answer, read again once that is known.
        kind, records: of the question that we asked by ourselves; the other is the talk's own.
    """

    words: str
    kind: Literal["reminder", "review"]
    records: tuple[int, ...] = ()


class Talk(msgspec.Struct, frozen=True, omit_defaults=True):
    """Between two turns.

    Attributes:
        services, staff, any_staff, when: the wish so far.
        record_id: the visit that is to be moved or cancelled.
        visits: of which one must be chosen, in the order they were shown.
        offered: times that were shown, in their order; a bare "2" means the second.
        proposal: waits for yes or no.
        told_at: when times were shown, or a proposal was put; the salon's time.
        put_at: when the open question was said last, be it once more; the salon's time.
        queue: wishes that come after this one, the services of each; none named: not said yet.
        failed: turns in a row that were not understood.
        doubt: an answer of which it is not known yet what it answers.
    """

    goal: Goal = Goal.NONE
    expecting: Expecting = Expecting.NOTHING
    services: tuple[int, ...] = ()
    choices: tuple[int, ...] = ()
    staff: int | None = None
    any_staff: bool = False
    when: When = When()
    record_id: int | None = None
    visits: tuple[int, ...] = ()
    offered: tuple[Offer, ...] = ()
    proposal: BookVisit | MoveVisit | CancelVisit | None = None
    told_at: datetime | None = None
    put_at: datetime | None = None
    queue: tuple[tuple[int, ...], ...] = ()
    name: str | None = None
    phone: str | None = None
    failed: int = 0
    language: str = "ru"
    doubt: Doubt | None = None


class Question(msgspec.Struct, frozen=True):
    """Something we asked by ourselves and that is still open: a reminder, a review.

    Attributes:
        salon: whose visit it is; None: the one that is talked with.
        message: which of our messages asked it; one reminder may name several visits.
    """

    kind: Literal["reminder", "review"]
    record_id: int
    visit_start: datetime
    asked_at: datetime
    salon: UUID | None = None
    message: int | None = None


class Message(msgspec.Struct, frozen=True):
    """One message of the client in this turn; `kind` as in `MessageHeard`."""

    text: str
    at: datetime
    kind: str = "text"
    id: str = ""


class Turn(msgspec.Struct, frozen=True):
    """What a brain answers.

    Attributes:
        talk: how it stands now.
        says: messages to the client, in order; may be empty.
        act: to be done now; the guard looks at it before anybody does it.
        hand_over: a person must go on; the bot is silent from now on.
        understood: for the inbox; None where a brain has no frame.
        brain: which one answered: "rules", "llm".
        answers: visits of the reminder that the client answered with it.
        trace: how a brain came to it, as JSON without personal data, for whoever audits it.
    """

    talk: Talk
    says: tuple[str, ...] = ()
    act: AnyAct | None = None
    hand_over: HandOver | None = None
    understood: Frame | None = None
    brain: str = "rules"
    answers: tuple[int, ...] = ()
    trace: dict[str, Any] | None = None


class Acted(msgspec.Struct, frozen=True):
    """What became of an act.

    Attributes:
        state: "done", "taken" (somebody was faster), "refused" (the salon says no), "unclear"
            (no answer: it is being looked for), "failed" (the salon's system is away).
        record_id: of the visit that now is.
        alternatives: free starts near the wanted one.
        reason: slug of a refusal, as `domain.salon.booking.Refused`.
    """

    state: Literal["done", "taken", "refused", "unclear", "failed"]
    record_id: int | None = None
    alternatives: tuple[Offer, ...] = ()
    reason: str | None = None
