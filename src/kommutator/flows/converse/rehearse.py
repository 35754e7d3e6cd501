"""A talk with the real brain about the real salon, in which nothing is written or done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from kommutator.domain.assistant.settings import AssistantSettings
from kommutator.domain.assistant.talk import Acted, Message, Talk, Turn
from kommutator.domain.connection import Account
from kommutator.flows.converse.minds import Minds, NoAnswerError
from kommutator.flows.converse.scene import SetScene, Who
from kommutator.flows.converse.times import ShelfTimes
from kommutator.flows.salon.shelf import SalonShelf
from kommutator.kit.errors import Unavailable

if TYPE_CHECKING:
    from kommutator.store.database import Database


class Rehearse:
    def __init__(self, db: Database, shelf: SalonShelf, scene: SetScene, minds: Minds) -> None:
        self._db = db
        self._shelf = shelf
        self._scene = scene
        self._minds = minds

    async def turn(
        self,
        salon: Account,
        settings: AssistantSettings,
        talk: Talk,
        messages: Sequence[Message],
        *,
        phone: str | None = None,
        greet: bool = False,
    ) -> Turn:
        """What a client would be answered; an act is told as done, and is not done.

        Args:
            talk: of the turn before; `Talk()` at first.
            phone: E.164 of the client that is played; None: of a stranger.

        Raises:
            Unavailable: `salon_not_copied`; `assistant_silent`: no brain had an answer.
            VendorError.
        """
        scene = await self._scene(salon, Who(phone), settings, greet=greet)
        times = ShelfTimes(self._db, self._shelf, salon)
        try:
            turn = await self._minds.turn(settings.brain, scene, talk, messages, times)
            if turn.act is None:
                return turn
            acted = Acted("done", record_id=getattr(turn.act, "record_id", None))
            after = await self._minds.told(turn.brain, scene, turn.talk, turn.act, acted, times)
        except NoAnswerError:
            raise Unavailable("assistant_silent") from None
        return msgspec.structs.replace(
            turn,
            talk=after.talk,
            says=(*turn.says, *after.says),
            hand_over=after.hand_over or turn.hand_over,
        )
