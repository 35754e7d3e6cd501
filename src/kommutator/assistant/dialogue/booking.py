"""A visit that is to be: its service, its time, who comes; then the proposal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from kommutator.assistant.dialogue import naming
from kommutator.assistant.dialogue.dates import day_in_words
from kommutator.assistant.dialogue.forms import to_whom
from kommutator.assistant.dialogue.moment import Moment, asking, cleared, reply, without_pick
from kommutator.assistant.dialogue.offering import Found, Kept, Read, Why, Wish, every, find
from kommutator.assistant.dialogue.wish import exact_start, merged, people_in, picked, renamed
from kommutator.domain.assistant.frame import Expecting, When
from kommutator.domain.assistant.talk import BookVisit, Goal, Offer, Talk, Turn


async def wanted(m: Moment) -> Turn:
    """A wish, a part of one, or another one: what it says is added and the next gap is asked."""
    before = m.talk if m.talk.goal in {Goal.BOOK, Goal.NONE} else cleared(m.talk)
    if renamed(before, m.frame, m.text):
        before = msgspec.structs.replace(before, queue=())
    pick = picked(before)
    talk = msgspec.structs.replace(merged(before, m.frame, m.text, m.scene), goal=Goal.BOOK)
    talk, party = _party(m, talk)
    rather = pick.staff_id if pick is not None and m.frame.when == When() else None
    note = _joined(party, _unknown(m))
    return await go_on(m, without_pick_but_choices(talk), note, rather=rather)


async def go_on(
    m: Moment, talk: Talk, note: str = "", *, rather: int | None = None, kept: Kept = every
) -> Turn:
    """The next question, or the proposal.

    Args:
        rather: with whom, if several are free at the chosen time.
    """
    if talk.choices or not talk.services:
        return _ask_service(m, talk, note)
    talk, apart = _split(m, talk)
    talk, other = _staff_who_can(m, talk)
    if not naming.who_can(m.scene, talk.services):
        return _nobody_does(m, talk, _joined(note, apart))
    note = _joined(note, apart, other)
    # The second of two people may well come for the same at the same time.
    if m.talk.goal is Goal.NONE and _is_booked(m, talk):
        return reply(m, cleared(talk), m.say("assistant.already"))
    found = await _look(m, talk, rather, kept)
    if found.exact is not None:
        return await take(m, talk, found.exact, note)
    return offer_times(m, talk, found, note)


async def take(m: Moment, talk: Talk, offer: Offer, note: str = "") -> Turn:
    """One time is chosen: who comes, if we do not know; then the proposal."""
    name, phone = talk.name or m.scene.client.name, m.scene.client.phone or talk.phone
    talk = msgspec.structs.replace(without_pick(talk), offered=(offer,))
    if not name:
        return asking(m, msgspec.structs.replace(talk, expecting=Expecting.NAME), note)
    if not phone:
        return asking(m, msgspec.structs.replace(talk, expecting=Expecting.PHONE), note)
    proposal = BookVisit(talk.services, offer, name, phone)
    talk = msgspec.structs.replace(talk, proposal=proposal, expecting=Expecting.YES_OR_NO)
    return asking(m, talk, note)


def offer_times(m: Moment, talk: Talk, found: Found, note: str = "") -> Turn:
    """Show what is free, and say why it is not what was wished."""
    note = _joined(note, why_not(m, talk, found.why))
    if not found.offers:
        talk = msgspec.structs.replace(without_pick(talk), expecting=Expecting.DAY, when=When())
        return asking(m, talk, note)
    if not note and not talk.staff:
        note = _as_usual(m, found.offers)
    talk = msgspec.structs.replace(
        without_pick(talk), offered=found.offers, expecting=Expecting.CHOICE
    )
    return asking(m, talk, note)


def why_not(m: Moment, talk: Talk, why: Why | None) -> str:
    """Why the times shown are not the wished ones; empty if they are."""
    if why is None:
        return ""
    when, language = talk.when, m.words.language
    day = "" if when.first is None else day_in_words(when.first, m.scene.now.date(), language)
    if when.first is not None and when.last not in {None, when.first}:
        day = ""
    at = "" if when.at is None else f"{when.at:%H:%M}"
    who = naming.name_of(m.scene, talk.staff) if talk.staff is not None else ""
    wished = naming.listed(day, at)
    shown = f" ({wished})" if wished else ""
    return m.say(f"assistant.why.{why}", wished=shown, staff=who)


def without_pick_but_choices(talk: Talk) -> Talk:
    return msgspec.structs.replace(without_pick(talk), choices=talk.choices)


def _is_booked(m: Moment, talk: Talk) -> bool:
    """Whether the client has this very visit already."""
    return any(
        visit.starts_at == start
        and {one.service_id for one in visit.services} >= set(talk.services)
        for visit in m.scene.client.visits
        for start in exact_start(talk.when)
    )


async def _look(m: Moment, talk: Talk, rather: int | None, kept: Kept) -> Found:
    """Whom the client had chosen or usually has comes first, if that costs no other wish."""
    read = _reader(m, talk, kept)
    usual = None if talk.any_staff else m.scene.client.usual_staff
    can = {one.id for one in naming.who_can(m.scene, talk.services)}
    for liked in (rather, usual):
        if talk.staff is None and liked in can:
            found = await find(m.scene, Wish(talk.when, liked, soft=True), read)
            if found.why is None:
                return found
    return await find(m.scene, Wish(talk.when, talk.staff), read)


def _reader(m: Moment, talk: Talk, kept: Kept) -> Read:
    async def read(staff: int | None, first: date, last: date) -> Sequence[Offer]:
        starts = await m.times.starts(talk.services, staff, first, last)
        return [one for one in starts if kept(one) and naming.staff_of(m.scene, one.staff_id)]

    return read


def _ask_service(m: Moment, talk: Talk, note: str) -> Turn:
    """Of those that the words fit; else of what is asked for most."""
    choices = talk.choices
    if not choices:
        does = [one for one in m.scene.services if talk.staff is None or talk.staff in one.staff_s]
        known = {one.id for one in does}
        choices = tuple(one.id for one in naming.popular(m.scene) if one.id in known)
        choices = choices or tuple(one.id for one in does[: naming.POPULAR])
    talk = msgspec.structs.replace(without_pick(talk), choices=choices, expecting=Expecting.SERVICE)
    return asking(m, talk, note)


def _unknown(m: Moment) -> str:
    """Words that look like a service, a name or a day and are none here."""
    if not m.frame.unclear:
        return ""
    words = ", ".join(m.frame.unclear)[:80]
    is_day = any(letter.isdigit() for letter in words)
    return m.say("assistant.no_such_day" if is_day else "assistant.unknown_words", words=words)


def _party(m: Moment, talk: Talk) -> tuple[Talk, str]:
    """Visits for several people are made one after the other."""
    count = people_in(m.text)
    if count == 1 or talk.queue or m.talk.queue:
        return talk, ""
    each: list[tuple[int, ...]] = [(one,) for one in talk.services]
    if len(each) != count:
        each = [talk.services] * count
    queue = tuple(each[1:])
    talk = msgspec.structs.replace(talk, services=each[0], queue=queue)
    return talk, m.say("assistant.one_by_one")


def _split(m: Moment, talk: Talk) -> tuple[Talk, str]:
    """Services that nobody does together become visits of their own."""
    if len(talk.services) == 1 or naming.who_can(m.scene, talk.services):
        return talk, ""
    rest = tuple((one,) for one in talk.services[1:])
    talk = msgspec.structs.replace(talk, services=talk.services[:1], queue=(*rest, *talk.queue))
    return talk, m.say("assistant.different_staff")


def _staff_who_can(m: Moment, talk: Talk) -> tuple[Talk, str]:
    """Somebody who does not do the service is not waited for: others are offered."""
    can = naming.who_can(m.scene, talk.services)
    if talk.staff is None or any(one.id == talk.staff for one in can) or not can:
        return talk, ""
    titles = naming.titles(naming.services_of(m.scene, talk.services))
    note = m.say(
        "assistant.staff_cannot",
        staff=naming.name_of(m.scene, talk.staff),
        services=titles,
        others=naming.names(can),
    )
    return msgspec.structs.replace(talk, staff=None), note


def _nobody_does(m: Moment, talk: Talk, note: str) -> Turn:
    titles = naming.titles(naming.services_of(m.scene, talk.services))
    talk = msgspec.structs.replace(talk, services=())
    return _ask_service(m, talk, _joined(note, m.say("assistant.nobody_does", services=titles)))


def _as_usual(m: Moment, offers: Sequence[Offer]) -> str:
    usual = m.scene.client.usual_staff
    if usual is None or any(one.staff_id != usual for one in offers):
        return ""
    name = naming.name_of(m.scene, usual)
    return m.say("assistant.as_usual", staff=name, to_staff=to_whom(name, m.words.language))


def _joined(*notes: str) -> str:
    return " ".join(note for note in notes if note)
