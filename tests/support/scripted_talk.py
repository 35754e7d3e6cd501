"""Plays one scripted talk (`tests/assistant/dialogues/README.md`) against a brain."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec

from kommutator.domain.assistant.frame import Expecting, Frame, Vocabulary
from kommutator.domain.assistant.guard import permitted
from kommutator.domain.assistant.ports import Brain, Client, Scene
from kommutator.domain.assistant.talk import (
    AnyAct,
    BookVisit,
    CancelVisit,
    ConfirmVisit,
    HandOver,
    Message,
    MoveVisit,
    Question,
    Rate,
    Talk,
)
from kommutator.kit.errors import VendorError
from tests.support.imagined_salon import Facts, ImaginedSalon
from tests.support.talk_ends import listed, misses

NOW = "2026-11-18T10:30"
_ASKED = {
    Expecting.STAFF: "staff",
    Expecting.NAME: "name",
    Expecting.PHONE: "phone",
}
_MINUTES = re.compile(r"\+(\d+)([mhd])")


class Plays(Brain, Protocol):
    """A brain, and the rules' reading of a turn, which the guard believes."""

    def hear(self, scene: Scene, talk: Talk, messages: Sequence[Message]) -> Frame: ...


@dataclass
class Played:
    """One talk while it is played: what a conversation would keep."""

    brain: Plays
    words: Vocabulary
    salon: ImaginedSalon
    script: Mapping[str, Any]
    talk: Talk = field(default_factory=Talk)
    questions: list[Question] = field(default_factory=list)
    handed_over: HandOver | None = None
    said: list[str] = field(default_factory=list)
    transcript: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    turns: int = 0

    @property
    def client(self) -> Mapping[str, Any]:
        known = {"phone": "+79161112233", "name": "Ольга", "known": True}
        return known | dict(self.script.get("client", {}))

    async def play(self) -> list[str]:
        """What went wrong; empty: the talk ended as it should."""
        steps = self.script["steps"]
        for place, step in enumerate(steps):
            for event in step.get("before", ()):
                self.happens(event)
            said = await self.heard(step.get("client", ()))
            following = steps[place + 1] if place + 1 < len(steps) else {}
            if following.get("answers", True):
                said += await self._helped()
            self._check_words(step, said)
        self._check_end()
        return self.wrong

    # --- one turn --------------------------------------------------------------------------------

    async def heard(self, texts: Any) -> list[str]:
        if not texts:
            return []
        texts = [texts] if isinstance(texts, str | dict) else texts
        messages = [self._message(one, n) for n, one in enumerate(texts)]
        self.transcript.append("> " + " / ".join(one.text or one.kind for one in messages))
        if self.handed_over is not None:
            return []
        try:
            return await self._turn(messages)
        except VendorError:
            self.handed_over = HandOver.FAILED
            return ["…"]

    async def _turn(self, messages: Sequence[Message]) -> list[str]:
        scene, before = self.scene(), self.talk
        self.turns += 1
        turn = await self.brain.turn(scene, before, messages, self.salon)
        self.talk, said = _stored(turn.talk), list(turn.says)
        self.handed_over = turn.hand_over
        if turn.act is not None:
            heard = self.brain.hear(scene, before, messages)
            if not permitted(before, heard, turn.act):
                self.wrong.append(f"the guard refuses {turn.act}")
                return said
            self._check_act(turn.act)
            acted = await self.salon.do(turn.act)
            told = await self.brain.told(self.scene(), self.talk, turn.act, acted, self.salon)
            self._close_question(turn.act)
            self.talk = _stored(told.talk)
            self.handed_over = told.hand_over or self.handed_over
            said += told.says
        self.said += said
        self.transcript += [f"< {one}" for one in said]
        self.transcript.append(f"  [{turn.understood} | {self.talk.goal} {self.talk.expecting}]")
        return said

    async def _helped(self) -> list[str]:
        """Answers to what the script did not foresee being asked."""
        answers = {"staff": "не важно", **self.script.get("answers", {})}
        said: list[str] = []
        for _ in range(3):
            answer = answers.get(_ASKED.get(self.talk.expecting, ""))
            if answer is None or self.handed_over is not None:
                break
            said += await self.heard([answer])
        return said

    def _message(self, given: Any, place: int) -> Message:
        at = self.salon.now.replace(tzinfo=UTC)
        number = f"m{len(self.transcript)}-{place}"
        if isinstance(given, str):
            return Message(given, at, id=number)
        return Message(given.get("text", ""), at, given.get("kind", "text"), number)

    def scene(self) -> Scene:
        facts, client, today = self.salon.facts, self.client, self.salon.now.date()
        days = [today + timedelta(days=n) for n in range(30)]
        return Scene(
            salon=facts.salon,
            now=self.salon.now,
            services=facts.services,
            staff=facts.staff,
            vocabulary=self.words,
            client=Client(
                phone=client["phone"],
                name=client["name"],
                known=client["known"],
                visits=self.salon.coming(),
                usual_staff=client.get("usual_staff"),
                usual_services=tuple(client.get("usual_services", ())),
            ),
            hours={day: facts.open_on(day) for day in days},
            questions=tuple(self.questions),
            currency="₽",
            greet=self.turns == 0,
        )

    # --- what happens around it ------------------------------------------------------------------

    def happens(self, event: Mapping[str, Any]) -> None:
        ((what, how),) = event.items()
        self.transcript.append(f"! {what} {how}")
        match what:
            case "taken":
                self.salon.take(how)
            case "freed":
                self.salon.free_again(how)
            case "vendor_down":
                self.salon.down = bool(how)
            case "clock":
                self.salon.now = _moved(self.salon.now, str(how))
            case "cancelled":
                self.salon.cancelled(how)
            case "give_back":
                self.handed_over, self.talk = None, msgspec.structs.replace(self.talk, failed=0)
            case "question":
                self.questions.insert(0, question(how, self.salon))
            case _:
                self.wrong.append(f"no such event: {what}")

    def _close_question(self, act: AnyAct) -> None:
        if not isinstance(act, Rate | ConfirmVisit | MoveVisit | CancelVisit):
            return
        closed = act.records if isinstance(act, ConfirmVisit | CancelVisit) else (act.record_id,)
        kind = "review" if isinstance(act, Rate) else "reminder"
        self.questions = [
            one for one in self.questions if one.record_id not in closed or one.kind != kind
        ]

    # --- what must hold --------------------------------------------------------------------------

    def _check_act(self, act: AnyAct) -> None:
        if isinstance(act, BookVisit):
            services = [one for one in self.salon.facts.services if one.id in act.service_ids]
            if not all(act.offer.staff_id in one.staff_s for one in services):
                self.wrong.append(f"does not do that: {act}")
        if isinstance(act, BookVisit | MoveVisit) and act.offer.starts_at <= self.salon.now:
            self.wrong.append(f"in the past: {act}")

    def _check_words(self, step: Mapping[str, Any], said: Sequence[str]) -> None:
        text = "\n".join(said)
        for wanted in listed(step.get("says", ())):
            if not re.search(wanted, text, re.IGNORECASE):
                self.wrong.append(f"{wanted!r} is not in {text!r}")
        never = [*listed(step.get("never", ())), *listed(self.script.get("never", ()))]
        for unwanted in never:
            if re.search(unwanted, text, re.IGNORECASE):
                self.wrong.append(f"{unwanted!r} is in {text!r}")
        if step.get("silent") and said:
            self.wrong.append(f"not silent: {text!r}")

    def _check_end(self) -> None:
        ends = self.script.get("end", {})
        missed: list[list[str]] = [
            misses(one, self.client, self.salon, self.talk, self.handed_over)
            for one in listed(ends)
        ]
        if all(missed):
            shortest: list[str] = min(missed, key=lambda one: len(one))  # noqa: PLW0108  mypy knows no len of lists here
            self.wrong += shortest


def staged(brain: Plays, words: Vocabulary, facts: Facts, script: Mapping[str, Any]) -> Played:
    """The salon as the script finds it."""
    salon = ImaginedSalon(facts, datetime.fromisoformat(script.get("now", NOW)))
    client = script.get("client", {})
    for row in client.get("visits", ()):
        salon.put(row)
    for row in script.get("busy", ()):
        salon.take(row)
    salon.opted_out = client.get("opted_out", False)
    played = Played(brain, words, salon, script)
    played.questions = [question(row, salon) for row in script.get("questions", ())]
    return played


def question(row: Mapping[str, Any], salon: ImaginedSalon) -> Question:
    zone = ZoneInfo(salon.facts.salon.time_zone)
    asked = row.get("asked_at")
    return Question(
        row["kind"],
        row["record_id"],
        datetime.fromisoformat(row["visit_start"]),
        (datetime.fromisoformat(asked) if asked else salon.now).replace(tzinfo=zone),
        message=row.get("message"),
    )


def _stored(talk: Talk) -> Talk:
    """As it comes back from its row."""
    return msgspec.json.decode(msgspec.json.encode(talk), type=Talk)


def _moved(now: datetime, how: str) -> datetime:
    found = _MINUTES.fullmatch(how)
    if found is None:
        return datetime.fromisoformat(how)
    unit = {"m": "minutes", "h": "hours", "d": "days"}[found[2]]
    return now + timedelta(**{unit: int(found[1])})
