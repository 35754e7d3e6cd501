"""One turn of a talk: what waits is understood, done and answered, once, whatever breaks.

What a brain thinks is kept only if nothing came in meanwhile. Before something is done at the
salon, it is written down with the whole turn; from then on the turn is brought to its end, by
whoever comes to do it, and the act is found again by its mark. Everything else of a turn is one
transaction, fenced by the lease and by the number of the turn: two workers never both answer.

A salon that cannot be asked is asked again after seconds; then the client hears that a person
will look, and a person is asked to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from uuid import UUID

import structlog

from kommutator.domain.assistant.ports import FreeTimes, Scene
from kommutator.domain.assistant.talk import (
    Acted,
    BookVisit,
    CancelVisit,
    ConfirmVisit,
    HandOver,
    MoveVisit,
    Turn,
)
from kommutator.flows.converse.acts import DoActs, mark_of
from kommutator.flows.converse.beside import TO_STAFF, taken_aside
from kommutator.flows.converse.finish import FinishTurn
from kommutator.flows.converse.minds import RULES, Minds, NoAnswerError
from kommutator.flows.converse.open import Open, OpenTurns, Plan
from kommutator.flows.converse.scene import SetScene, Who
from kommutator.flows.converse.times import ShelfTimes
from kommutator.flows.salon.shelf import SalonShelf
from kommutator.kit.errors import KommutatorError, VendorError
from kommutator.kit.texts import Texts
from kommutator.store.driver import is_transient
from kommutator.store.turns import Claimed

if TYPE_CHECKING:
    from kommutator.store.database import Database

_log = structlog.get_logger(__name__)
_AT_SALON: Final = (BookVisit, MoveVisit, CancelVisit, ConfirmVisit)
_AGAIN_S: Final = (2.0, 5.0, 10.0, 20.0, 40.0)
"""Pauses between the tries of one turn: together longer than a lost booking's lease."""
_PATIENT: Final = 2
"""Tries after which a client is not kept waiting for a salon that does not answer."""


class _LaterError(Exception):
    """Not now; the same turn again in a while."""


class Converse:
    """Any number of processes may do it: each turn is claimed."""

    def __init__(
        self,
        db: Database,
        shelf: SalonShelf,
        opened: OpenTurns,
        scene: SetScene,
        minds: Minds,
        acts: DoActs,
        finish: FinishTurn,
        texts: Texts,
    ) -> None:
        self._db = db
        self._shelf = shelf
        self._open = opened
        self._scene = scene
        self._minds = minds
        self._acts = acts
        self._finish = finish
        self._texts = texts

    async def claim(
        self, owner: UUID, limit: int, lease_s: float, of_each: int | None = None
    ) -> Sequence[Claimed]:
        """Turns that are due, now ours for so long. `of_each`: that we hold of one tenant."""
        most = limit if of_each is None else of_each
        async with self._db.unit() as unit:
            return await unit.turns.claim_everywhere(owner, limit, lease_s, of_each=most)

    async def renew(self, claimed: Claimed, lease_s: float) -> bool:
        """False: somebody else took it over."""
        async with self._db.single() as unit:
            return await unit.turns.renew(claimed.enterprise, claimed, lease_s)

    async def turn(self, claimed: Claimed) -> None:
        """Take it. Raises only what the database raises; the lease ends by itself then."""
        one = await self._open(claimed)
        if one is None:
            return
        try:
            await self._take(one)
        except _LaterError:
            await self._later(one)
        except NoAnswerError:
            await self._give_up(one)
        except KommutatorError as error:
            _log.info("turn_not_taken", conversation=one.row.id, reason=str(error))
            await self._again_or_give_up(one)
        except Exception as error:
            if is_transient(error):
                raise
            _log.exception("turn_failed", conversation=one.row.id)
            await self._again_or_give_up(one)

    async def _take(self, one: Open) -> None:
        who = Who(one.chat.phone, one.records, asks_live=one.greet)
        scene = await self._scene(
            one.salon, who, one.settings, questions=one.questions, greet=one.greet
        )
        times = ShelfTimes(self._db, self._shelf, one.salon)
        plan = one.plan or await self._think(one, scene, times)
        if plan is None:
            await self._release(one)
            return
        if plan.turn.act is None:
            await self._end(one, plan, scene, plan.turn)
            return
        acted = await self._act(one, plan)
        await self._end(one, plan, scene, await self._told(one, plan, acted, scene, times), acted)

    async def _think(self, one: Open, scene: Scene, times: FreeTimes) -> Plan | None:
        """None: something came in while we thought, or it is a person's; nothing is kept."""
        brain = RULES if one.aside else one.settings.brain
        turn = await self._minds.turn(brain, scene, one.talk, one.heard(), times)
        if one.aside:
            answer = taken_aside(one, turn, self._say(one, TO_STAFF))
            if answer is None:
                await self._leave(one)
                return None
            turn = answer
        plan = one.planned(turn)
        if not isinstance(turn.act, _AT_SALON):
            return plan
        async with self._db.single() as unit:
            intended = await unit.turns.intend(one.row.enterprise, one.row, plan.stored())
        return plan if intended else None

    async def _act(self, one: Open, plan: Plan) -> Acted:
        """What became of it; what is ours alone is done as the turn ends."""
        act = plan.turn.act
        if not isinstance(act, _AT_SALON):
            return Acted("done")
        mark = mark_of(one.row.id, one.no, act) if isinstance(act, BookVisit) else ""
        try:
            acted = await self._acts(one.salon, act, mark, proven=one.chat.phone)
        except VendorError as error:
            _log.info("act_failed", conversation=one.row.id, reason=error.kind.value)
            if one.row.tries < _PATIENT:
                raise _LaterError from error
            return Acted("failed")
        if acted.state == "unclear" and one.row.tries < len(_AGAIN_S):
            raise _LaterError
        return acted

    async def _told(
        self, one: Open, plan: Plan, acted: Acted, scene: Scene, times: FreeTimes
    ) -> Turn:
        """Both halves of the turn as one."""
        before = plan.turn
        assert before.act is not None
        try:
            after = await self._minds.told(
                before.brain, scene, before.talk, before.act, acted, times
            )
        except NoAnswerError:
            slug = "converse.done" if acted.state == "done" else "converse.failed"
            after = Turn(before.talk, (self._say(one, slug),))
        hand_over = after.hand_over or before.hand_over
        if acted.state in {"failed", "unclear"}:
            hand_over = hand_over or HandOver.FAILED
        return Turn(
            talk=after.talk,
            says=(*before.says, *after.says),
            act=before.act,
            hand_over=hand_over,
            understood=before.understood,
            brain=before.brain,
            trace=before.trace,
        )

    async def _end(
        self, one: Open, plan: Plan, scene: Scene, turn: Turn, acted: Acted | None = None
    ) -> None:
        intended = isinstance(turn.act, _AT_SALON)
        if not await self._finish(one, plan, turn, acted, scene, intended=intended):
            await self._release(one)

    # --- what went wrong ---------------------------------------------------------------------

    async def _again_or_give_up(self, one: Open) -> None:
        # What may have been done must be told truly: only its own tries are counted then.
        if one.row.tries < (_PATIENT if one.plan is None else len(_AGAIN_S)):
            await self._later(one)
        else:
            await self._give_up(one)

    async def _give_up(self, one: Open) -> None:
        """The client hears that a person will look, and a person is asked to."""
        if one.aside and one.plan is None:
            await self._leave(one)
            return
        says = (self._say(one, "converse.failed"),)
        turn = Turn(one.talk, says, hand_over=HandOver.FAILED, brain="none")
        plan = one.plan or one.planned(turn)
        if not await self._finish(one, plan, turn, None, None, intended=one.plan is not None):
            await self._release(one)

    def _say(self, one: Open, slug: str) -> str:
        own = one.settings.texts.get(slug)
        return own or self._texts.translate(one.talk.language, slug)

    async def _later(self, one: Open) -> None:
        pause_s = _AGAIN_S[min(one.row.tries, len(_AGAIN_S) - 1)]
        async with self._db.single() as unit:
            await unit.turns.later(one.row.enterprise, one.row.claimed, pause_s)

    async def _leave(self, one: Open) -> None:
        """To those who speak there."""
        async with self._db.unit() as unit:
            await unit.turns.leave(one.row.enterprise, one.row, [m.id for m in one.messages])

    async def _release(self, one: Open) -> None:
        async with self._db.single() as unit:
            await unit.turns.release(one.row.enterprise, one.row.claimed)
