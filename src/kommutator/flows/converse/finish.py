"""Ending a turn: everything that came of it in one transaction, or nothing at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec
import structlog

from kommutator.domain.assistant.ports import Scene
from kommutator.domain.assistant.talk import (
    Acted,
    ConfirmVisit,
    HandOver,
    OptIn,
    OptOut,
    Rate,
    Turn,
)
from kommutator.flows.chats.speak import Saying, speak
from kommutator.flows.converse.handing import Handed, TellStaff
from kommutator.flows.converse.open import Open, Plan
from kommutator.flows.converse.ports import Summarise, TakeRating, Where
from kommutator.flows.outreach.consents import said_in_chat
from kommutator.kit.clock import Clock
from kommutator.kit.metrics import Metrics
from kommutator.store.turns import TurnKept

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit

_log = structlog.get_logger(__name__)
_WORTH: Final = timedelta(hours=6)
"""An answer that could not be delivered for so long answers nothing any more."""
_HOUR_S: Final = 3600.0


class FinishTurn:
    """`rating`: None: nothing asks for ratings yet, so that nobody can give one."""

    def __init__(
        self,
        db: Database,
        tell_staff: TellStaff,
        summarise: Summarise,
        rating: TakeRating | None = None,
        *,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._db = db
        self._tell_staff = tell_staff
        self._summarise = summarise
        self._rating = rating
        self._clock = clock
        self._metrics = metrics

    async def __call__(
        self,
        one: Open,
        plan: Plan,
        turn: Turn,
        acted: Acted | None,
        scene: Scene | None,
        *,
        intended: bool,
    ) -> bool:
        """False: something came in between, or somebody else has it; nothing is kept.

        Args:
            scene: None: the salon could not be read.
            intended: it was written down before, so that it counts whatever came meanwhile.
        """
        row, outcome = one.row, _outcome(turn, acted)
        async with self._db.unit() as unit:
            took_s = await unit.turns.finish(
                row.enterprise, row, _as_json(turn.talk), heard=plan.heard, acted=intended
            )
            if took_s is None:
                return False
            kept = _kept(one, turn, acted, outcome)
            turn_id = await unit.turns.add(row.enterprise, row.id, kept, round(took_s * 1000))
            await unit.turns.answered(row.enterprise, plan.messages, turn_id)
            besides = await self._keep_wishes(unit, one, turn)
            if isinstance(turn.act, ConfirmVisit) and acted is not None and acted.state == "done":
                await self._close_reminders(unit, one, turn.act)
            await self._say(unit, one, [*turn.says, *besides])
            if turn.hand_over is not None:
                await self._hand_over(unit, one, turn, turn.hand_over, scene)
            unit.chat_changed(row.enterprise, row.connection_id, row.chat_id)
        self._count(turn, outcome, took_s)
        return True

    async def _say(self, unit: Unit, one: Open, says: Sequence[str]) -> None:
        row = one.row
        await speak(
            unit,
            row.enterprise,
            [
                Saying(
                    row.connection_id,
                    one.channel.kind,
                    row.chat_id,
                    text,
                    once=f"turn:{row.id}:{one.no}:{place}",
                    about=f"chat:{row.id}",
                    not_after=self._clock.now() + _WORTH,
                    said_by="bot",
                )
                for place, text in enumerate(says)
                if text.strip()
            ],
        )

    async def _keep_wishes(self, unit: Unit, one: Open, turn: Turn) -> Sequence[str]:
        """Acts that are ours alone; returns what is said of them besides."""
        row, act = one.row, turn.act
        if isinstance(act, OptOut | OptIn):
            await self._keep_consent(unit, one, opted_out=isinstance(act, OptOut))
        elif isinstance(act, Rate) and self._rating is not None:
            where = Where(row.connection_id, row.chat_id)
            return await self._rating(unit, one.salon, where, act, turn.talk.language)
        return ()

    async def _close_reminders(self, unit: Unit, one: Open, act: ConfirmVisit) -> None:
        """A visit that was confirmed before brings no news: nobody else would close it."""
        salon, now = one.salon.connection_id, self._clock.now()
        await unit.questions.close(one.row.enterprise, salon, act.records, "reminder", now)

    async def _keep_consent(self, unit: Unit, one: Open, *, opted_out: bool) -> None:
        """Once: a plain СТОП was noted as it was heard."""
        where = one.row.connection_id, one.row.chat_id
        held = await unit.consents.of(one.row.enterprise, one.chat.phone or "", *where)
        if held is not None and (held.source, held.opted_out) == ("chat", opted_out):
            return
        await said_in_chat(
            unit, one.row.enterprise, *where, opted_out=opted_out, by=f"chat:{one.row.id}",
            at=self._clock.now(),
        )  # fmt: skip

    async def _hand_over(
        self, unit: Unit, one: Open, turn: Turn, reason: HandOver, scene: Scene | None
    ) -> None:
        row, chat = one.row, one.chat
        summary = "" if scene is None else self._summary(turn, scene, one.locale)
        await unit.conversations.hand_over(
            row.enterprise, row.connection_id, row.chat_id,
            reason=reason.value, summary=summary, pause_s=one.settings.pause_hours * _HOUR_S,
        )  # fmt: skip
        name = turn.talk.name or (scene.client.name if scene else None) or chat.title
        client = " ".join(part for part in (name, chat.phone or turn.talk.phone) if part)
        handed = Handed(row.id, f"{row.id}:{one.no}", reason, client or chat.chat_id, summary)
        zone = one.salon.time_zone if scene is None else scene.salon.time_zone
        await self._tell_staff(unit, one.salon, zone, handed)

    def _summary(self, turn: Turn, scene: Scene, language: str) -> str:
        try:
            return self._summarise(turn, scene, language)
        except Exception:  # noqa: BLE001  a person is asked for with or without it
            _log.exception("talk_not_summarised")
            return ""

    def _count(self, turn: Turn, outcome: str, took_s: float) -> None:
        self._metrics.turns.labels(turn.brain, outcome).inc()
        self._metrics.turn_seconds.labels(turn.brain).observe(took_s)
        if turn.hand_over is not None:
            self._metrics.hand_overs.labels(turn.hand_over.value).inc()


def _outcome(turn: Turn, acted: Acted | None) -> str:
    if turn.hand_over is HandOver.FAILED:
        return "failed"
    if turn.hand_over is not None:
        return "handed_over"
    return "answered" if acted is None else acted.state


def _kept(one: Open, turn: Turn, acted: Acted | None, outcome: str) -> TurnKept:
    touched = getattr(turn.act, "record_id", None)
    made = acted.record_id if acted is not None and acted.record_id is not None else touched
    return TurnKept(
        no=one.no,
        brain=turn.brain,
        outcome=outcome,
        understood=None if turn.understood is None else _as_json(turn.understood),
        act=None if turn.act is None else _as_json(turn.act),
        acted=None if acted is None else _as_json(acted),
        record_id=made,
        said=[text for text in turn.says if text.strip()],
        hand_over=None if turn.hand_over is None else turn.hand_over.value,
        trace=turn.trace,
    )


def _as_json(value: msgspec.Struct) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(value)
    return found
