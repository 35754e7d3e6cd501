"""Which question a talk has open, in words. The state alone decides it."""

from __future__ import annotations

import msgspec

from kommutator.assistant.dialogue import naming
from kommutator.assistant.dialogue.dates import moment_in_words
from kommutator.assistant.dialogue.forms import for_what
from kommutator.assistant.dialogue.words import Words
from kommutator.domain.assistant.frame import Expecting
from kommutator.domain.assistant.ports import Scene
from kommutator.domain.assistant.talk import BookVisit, CancelVisit, Doubt, Goal, Proposal, Talk

_QUOTED = 30
_ASKS = {
    Expecting.NAME: "assistant.ask.name",
    Expecting.PHONE: "assistant.ask.phone",
    Expecting.DAY: "assistant.ask.day",
}


def open_question(scene: Scene, talk: Talk, words: Words) -> str:
    """Empty: nothing is open."""
    if talk.doubt is not None:
        return _which_question(scene, talk, talk.doubt, words)
    if talk.proposal is not None:
        return proposed(scene, talk.proposal, words)
    slug = _ASKS.get(talk.expecting)
    if slug is not None:
        return words.say(slug)
    if talk.expecting in {Expecting.SERVICE, Expecting.CHOICE}:
        return _which(scene, talk, words)
    if talk.expecting is Expecting.YES_OR_NO and talk.services:
        services = naming.services_of(scene, talk.services)
        wanted = ", ".join(for_what(one.title, words.language) for one in services)
        return words.say("assistant.ask.book_it", services=wanted)
    return ""


def _which_question(scene: Scene, talk: Talk, doubt: Doubt, words: Words) -> str:
    """The talk's own first: "1" is it."""
    own = open_question(scene, msgspec.structs.replace(talk, doubt=None), words)
    if "\n" in own:  # a list in a list nobody could answer by number
        number = f"{doubt.words.strip()}. "
        picked = [line for line in own.split("\n") if line.startswith(number)]
        own = picked[0].removeprefix(number) if picked else words.say("assistant.either.list")
    visits = "; ".join(naming.visits_in_words(scene, doubt.records, words.language))
    ours = words.say(f"assistant.either.{doubt.kind}", visit=visits)
    lines = naming.numbered([own, ours])
    return words.say("assistant.ask.either", answer=doubt.words[:_QUOTED], list=lines)


def proposed(scene: Scene, proposal: Proposal, words: Words) -> str:
    """The proposal, word for word as it will be done."""
    language, today = words.language, scene.now.date()
    if isinstance(proposal, BookVisit):
        offer = proposal.offer
        visit = naming.listed(
            naming.titles(naming.services_of(scene, proposal.service_ids)),
            naming.name_of(scene, offer.staff_id),
            moment_in_words(offer.starts_at, today, language),
            naming.price(scene, proposal.service_ids),
        )
        return words.say("assistant.propose.book", visit=visit)
    if isinstance(proposal, CancelVisit) and proposal.also:
        gone = naming.bulleted(naming.visits_in_words(scene, proposal.records, language))
        return words.say("assistant.propose.cancel_all", list=gone)
    visit_now = naming.visit_of(scene, proposal.record_id)
    shown = "" if visit_now is None else naming.visit_in_words(scene, visit_now, language)
    if isinstance(proposal, CancelVisit):
        return words.say("assistant.propose.cancel", visit=shown)
    to = naming.offer_in_words(scene, proposal.offer, language)
    return words.say("assistant.propose.move", visit=shown, to=to)


def _which(scene: Scene, talk: Talk, words: Words) -> str:
    """A numbered list."""
    if talk.expecting is Expecting.SERVICE:
        return _which_service(scene, talk, words)
    return _which_visit(scene, talk, words) if talk.visits else _which_time(scene, talk, words)


def _which_service(scene: Scene, talk: Talk, words: Words) -> str:
    services = naming.services_of(scene, talk.choices)
    lines = [naming.listed(one.title, naming.price(scene, (one.id,))) for one in services]
    return words.say("assistant.ask.service", list=naming.numbered(lines))


def _which_visit(scene: Scene, talk: Talk, words: Words) -> str:
    lines = naming.visits_in_words(scene, talk.visits, words.language)
    slug = "assistant.ask.cancel_which" if talk.goal is Goal.CANCEL else "assistant.ask.move_which"
    return words.say(slug, list=naming.numbered(lines))


def _which_time(scene: Scene, talk: Talk, words: Words) -> str:
    lines = [naming.offer_in_words(scene, one, words.language) for one in talk.offered]
    return words.say("assistant.ask.time", list=naming.numbered(lines))
