"""What somebody who takes a talk over reads: who it is, what is wished, what was said last."""

from __future__ import annotations

from typing import Final

from kommutator.assistant.dialogue import naming
from kommutator.assistant.dialogue.dates import day_in_words
from kommutator.assistant.dialogue.questions import open_question
from kommutator.assistant.dialogue.words import Words
from kommutator.domain.assistant.frame import Intent, When
from kommutator.domain.assistant.ports import Scene
from kommutator.domain.assistant.talk import Goal, HandOver, Talk, Turn
from kommutator.kit.texts import Texts

_ANSWERED: Final = {Intent.MOVE: "move", Intent.CANCEL: "cancel", Intent.NO: "no"}


def summary(texts: Texts, turn: Turn, scene: Scene, language: str = "ru") -> str:
    """A few lines in the language of staff; only what is known."""
    words, talk = Words(texts, language), turn.talk
    name, phone = talk.name or scene.client.name or "", scene.client.phone or talk.phone or ""
    client = naming.listed(name, phone) or words.say("assistant.summary.unknown")
    visits = [naming.visit_in_words(scene, one, language) for one in scene.client.visits]
    lines = [
        words.say("assistant.summary.client", client=client),
        _answer(turn, scene, words),
        words.say(f"assistant.summary.goal.{talk.goal}") if talk.goal is not Goal.NONE else "",
        _wish(talk, scene, words),
        words.say("assistant.summary.visits", visits="; ".join(visits)) if visits else "",
    ]
    question = open_question(scene, talk, words)
    if question:
        lines.append(words.say("assistant.summary.asked", question=question))
    return "\n".join(line for line in lines if line)


def _answer(turn: Turn, scene: Scene, words: Words) -> str:
    """To a reminder: what is to become of which visit."""
    wish = None if turn.understood is None else _ANSWERED.get(turn.understood.intent)
    if turn.hand_over is not HandOver.REMINDER or wish is None:
        return ""
    visits = "; ".join(naming.visits_in_words(scene, turn.answers, words.language))
    return words.say(f"assistant.summary.reminder.{wish}", visit=visits)


def _wish(talk: Talk, scene: Scene, words: Words) -> str:
    wish = naming.listed(
        naming.titles(naming.services_of(scene, talk.services)),
        naming.name_of(scene, talk.staff) if talk.staff is not None else "",
        _when(talk.when, scene, words.language),
    )
    return words.say("assistant.summary.wish", wish=wish) if wish else ""


def _when(when: When, scene: Scene, language: str) -> str:
    today = scene.now.date()
    days = [one for one in dict.fromkeys((when.first, when.last)) if one is not None]
    shown = "–".join(day_in_words(day, today, language) for day in days)
    after = f"≥ {when.after:%H:%M}" if when.after else ""
    before = f"< {when.before:%H:%M}" if when.before else ""
    return naming.listed(shown, f"{when.at:%H:%M}" if when.at else "", after, before)
