"""Answers to what we asked by ourselves: "are you coming?" and "how was it?"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from kommutator.assistant.dialogue import cancelling, moving, naming, picking
from kommutator.assistant.dialogue.moment import Moment, reply
from kommutator.assistant.dialogue.offering import fits
from kommutator.domain.assistant.frame import Expecting, Frame, Intent
from kommutator.domain.assistant.ports import Scene
from kommutator.domain.assistant.talk import (
    ConfirmVisit,
    Offer,
    Question,
    Rate,
    Talk,
    Turn,
)
from kommutator.domain.salon.facts import Attendance, Visit

LOW = 3
"""Up to so many stars somebody was not content."""
EXPECTED: Final = {"reminder": Expecting.REMINDER, "review": Expecting.STARS}
"""What answers each kind of question."""
_ONE_COMING: Final = timedelta(hours=3)
_NUMBERS = {1: Intent.CONFIRM, 2: Intent.MOVE, 3: Intent.CANCEL}
_REFUSALS = frozenset({Intent.MOVE, Intent.CANCEL, Intent.NO})
# "На маникюр приду, на стрижку нет": which of them is asked, and nothing is confirmed.
_NOT_ALL = re.compile(
    r"(?<=\w) (нет|ні)\b|\b(кроме|крім|except|but not)\b"
    r"|\bне (приду|прийду|буду|смогу|зможу|получ\w+)\b",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[^\W\d_]", re.UNICODE)
_ONLY_STARS = re.compile(
    r"[\W_]*(на\s+)?(\d([.,/]\s*5)?|пят\w+|четв[её]р\w*|четыр\w*|тр(и|ойк\w*|оечк\w*)|дв(а|ойк\w*)"
    r"|один|единиц\w*|п.ят\w*|чотир\w*|дві|two|one|three|four|five)?[\W_]*(из\s+\w+|stars?"
    r"|зв[её]зд\w*|балл\w*)?[\W_]*",
    re.IGNORECASE,
)


def open_of(scene: Scene, talk: Talk) -> Question | None:
    """What we asked last, unless the talk has asked something since.

    If both are open, `doubting` says which one a turn answers.
    """
    question, put_at = latest(scene), talk.put_at or talk.told_at
    if question is None or talk.expecting is Expecting.NOTHING or put_at is None:
        return question
    return question if _here(question.asked_at, scene) >= put_at else None


def latest(scene: Scene) -> Question | None:
    """What we asked last and can still be answered, whatever was said since."""
    return next((one for one in scene.questions if _may_be_answered(one, scene)), None)


def asks(scene: Scene, question: Question) -> bool:
    """Whether it asked anything: who has confirmed is only reminded."""
    if question.kind == "review":
        return True
    visits = [naming.visit_of(scene, one) for one in named_with(scene, question)]
    return not all(one and one.attendance is Attendance.CONFIRMED for one in visits)


async def answer(m: Moment, question: Question) -> Turn | None:
    """None: the turn is about something else."""
    if question.kind == "review":
        return None
    turn = await _answered(m, question)
    if turn is None:
        return None
    return msgspec.structs.replace(turn, answers=tuple(named_with(m.scene, question)))


async def _answered(m: Moment, question: Question) -> Turn | None:
    intent, records = m.frame.intent, named_with(m.scene, question)
    both_ways = _NOT_ALL.search(m.text) is not None and picking.keeps(m.text)
    if len(records) > 1 and both_ways and intent in {Intent.CONFIRM, *_REFUSALS}:
        return picking.ask_of(m, cancelling.begun(m.talk), records)
    if intent is Intent.CHOICE:  # beside words that say something a number decides nothing
        intent = _NUMBERS.get(m.frame.choice or 0, intent)
    if intent in {Intent.CONFIRM, Intent.YES}:
        return await confirmed(m, records)
    if intent is Intent.CHOICE:
        return reply(m, m.talk, m.say("assistant.reminder_again"))
    return await _refused(m, records, intent) if intent in _REFUSALS else None


def named_with(scene: Scene, question: Question) -> Sequence[int]:
    """The visits that the same reminder named and that can still be answered for."""
    if question.message is None:
        return (question.record_id,)
    return [
        one.record_id
        for one in scene.questions
        if (one.kind, one.message) == (question.kind, question.message)
        and _may_be_answered(one, scene)
    ]


async def confirmed(m: Moment, records: Sequence[int]) -> Turn:
    """They come, to all of these or to those that they name.

    "I shall come at five" to a visit at three is a wish to move it.
    """
    visits = [one for one in m.scene.client.visits if one.id in records]
    if len(visits) > 1 and _NOT_ALL.search(m.text):
        return picking.ask_of(m, cancelling.begun(m.talk), records)
    meant = _come_to(m.frame, visits)
    if visits and not meant:
        return await moving.wanted(m, records)
    chosen = [one.id for one in meant]
    if len(meant) == len(visits):  # also those that the scene does not show
        chosen = list(records)
    return reply(m, m.talk, act=ConfirmVisit(chosen[0], tuple(chosen[1:])))


def _come_to(frame: Frame, visits: Sequence[Visit]) -> Sequence[Visit]:
    """Those that the words name, in order of time; all, where they name none."""
    timely = [one for one in visits if fits(_as_it_is(one), frame.when)]
    named = {*frame.services, *frame.maybe_services}
    by_name = [
        one
        for one in timely
        if frame.staff == one.staff_id or named & {booked.service_id for booked in one.services}
    ]
    # Who comes at the hour of the first comes to what follows it as well.
    if not by_name and timely and timely[0] is visits[0]:
        ends = visits[0].starts_at + _ONE_COMING
        return [one for one in visits if one in timely or one.starts_at < ends]
    return by_name or timely


def _as_it_is(visit: Visit) -> Offer:
    return Offer(visit.staff_id, visit.starts_at, visit.seance_s)


def words_beside(text: str) -> str:
    """What was written beside the stars; empty if nothing was."""
    if not _LETTERS.search(text) or _ONLY_STARS.fullmatch(text):
        return ""
    return text.strip()


async def _refused(m: Moment, records: Sequence[int], intent: Intent) -> Turn:
    left = [one for one in records if naming.visit_of(m.scene, one)]
    if not left:
        return reply(m, m.talk, m.say("assistant.gone"))
    if intent is Intent.MOVE:
        return await moving.wanted(m, left)
    if intent is Intent.CANCEL:
        return await cancelling.wanted(m, left)
    return reply(m, m.talk, m.say("assistant.reminder_no"))


def rated(m: Moment) -> Turn | None:
    """Stars where a rating was asked, whatever else is said beside them; None: there are none."""
    question = m.question
    if m.frame.stars is None or question is None or question.kind != "review":
        return None
    stars = min(max(m.frame.stars, 1), 5)
    return reply(m, m.talk, act=Rate(question.record_id, stars, words_beside(m.text)))


def _may_be_answered(question: Question, scene: Scene) -> bool:
    """Nobody comes, moves or cancels once the visit has begun."""
    return question.kind == "review" or question.visit_start > scene.now


def _here(moment: datetime, scene: Scene) -> datetime:
    """In the salon's time, without a zone."""
    if moment.tzinfo is None:
        return moment
    return moment.astimezone(ZoneInfo(scene.salon.time_zone)).replace(tzinfo=None)
