"""What a talk needs of rooms that it does not know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol
from uuid import UUID

from kommutator.domain.assistant.frame import Frame
from kommutator.domain.assistant.ports import Scene
from kommutator.domain.assistant.talk import Message, Question, Rate, Talk, Turn
from kommutator.domain.connection import Account
from kommutator.domain.tenancy import EnterpriseNumber

if TYPE_CHECKING:
    from kommutator.store.unit import Unit


class Where(NamedTuple):
    """The chat that something was said in."""

    connection_id: UUID
    chat_id: str


class Hears(Protocol):
    """Understands a turn by rules; the guard believes nobody else."""

    def hear(self, scene: Scene, talk: Talk, messages: Sequence[Message]) -> Frame: ...


class Summarise(Protocol):
    """What whoever takes over reads first. `language`: ru, uk or en, of the staff."""

    def __call__(self, turn: Turn, scene: Scene, language: str) -> str: ...


class OpenQuestions(Protocol):
    """What we asked in a chat by ourselves and is not answered; the latest first."""

    async def __call__(
        self, unit: Unit, enterprise: EnterpriseNumber, connection_id: UUID, chat_id: str
    ) -> Sequence[Question]: ...


class TakeRating(Protocol):
    """Keeps what a client thinks of a visit, in the transaction that ends the turn.

    Returns what the client is told besides the answer.
    """

    async def __call__(
        self, unit: Unit, salon: Account, where: Where, rate: Rate, language: str
    ) -> Sequence[str]: ...
