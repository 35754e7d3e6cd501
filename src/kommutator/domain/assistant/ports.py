"""What a brain is given, and what it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from kommutator.domain.assistant.frame import Vocabulary
from kommutator.domain.assistant.talk import Acted, AnyAct, Message, Offer, Question, Talk, Turn
from kommutator.domain.salon.facts import Salon, Service, StaffMember, Visit
from kommutator.domain.tenancy import EnterpriseNumber


@dataclass(frozen=True, slots=True)
class Client:
    """Who writes, as far as we know.

    Attributes:
        phone: E.164; None: a messenger that does not tell it.
        visits: to come, not cancelled, the nearest first.
        usual_staff, usual_services: of the visits that took place.
    """

    phone: str | None = None
    name: str | None = None
    known: bool = False
    visits: Sequence[Visit] = ()
    usual_staff: int | None = None
    usual_services: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that is true at the moment of one turn; read before the brain is asked.

    Attributes:
        now: the salon's time, without a zone.
        services, staff: those that can be booked now.
        hours: of the coming days, in words of the salon's copy: day → (opens, closes) or None.
        questions: asked by us, still open; the latest first.
        texts: the tenant's own words instead of the catalog's, by slug, or by slug and language
            ("assistant.hello.uk").
        currency: sign put after prices; empty: not known.
        enterprise: whose salon it is: whose settings and budgets count.
    """

    salon: Salon
    now: datetime
    services: Sequence[Service]
    staff: Sequence[StaffMember]
    vocabulary: Vocabulary
    client: Client
    hours: Mapping[date, tuple[str, str] | None] = field(default_factory=dict)
    questions: Sequence[Question] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""
    greet: bool = False
    """The first turn of this client, or the first for a long time."""
    enterprise: EnterpriseNumber | None = None


class FreeTimes(Protocol):
    """The salon's free starts, live. Raises VendorError, UserError."""

    async def starts(
        self, service_ids: Sequence[int], staff_id: int | None, first: date, last: date
    ) -> Sequence[Offer]:
        """In time's order; `staff_id` None: of anybody who can."""
        ...

    async def moves(self, record_id: int, first: date, last: date) -> Sequence[Offer]:
        """Where this visit could go as it is."""
        ...


class Brain(Protocol):
    """Answers one turn. Nothing is written by it: `Turn.act` is done by whoever asked."""

    name: str

    async def turn(
        self, scene: Scene, talk: Talk, messages: Sequence[Message], times: FreeTimes
    ) -> Turn:
        """Never raises for anything that a client can write. Raises what `times` raises."""
        ...

    async def told(
        self, scene: Scene, talk: Talk, act: AnyAct, acted: Acted, times: FreeTimes
    ) -> Turn:
        """What is said after an act was tried; its turn has no act."""
        ...
