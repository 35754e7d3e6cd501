"""Questions about the salon and about the client's own visits, answered from the salon's copy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from kommutator.assistant.dialogue import booking, naming, picking
from kommutator.assistant.dialogue.dates import day_in_words
from kommutator.assistant.dialogue.moment import Moment, answering, asking, reply
from kommutator.assistant.dialogue.wish import known
from kommutator.domain.assistant.frame import Expecting
from kommutator.domain.assistant.talk import Goal, Turn
from kommutator.domain.salon.facts import Service, Visit

_LONGEST = 12
"""Lines of a list; the rest is named by asking."""
_WEEK = 7


async def price(m: Moment) -> Turn:
    """Of what was named, else of what is wished, else of what is asked for most."""
    named = known((*m.frame.services, *m.frame.maybe_services), m.scene)
    services = naming.services_of(m.scene, named or m.talk.services) or naming.popular(m.scene)
    lines = "\n".join(_priced(m, one) for one in services)
    said = m.say("assistant.prices", list=lines)
    if not named and m.frame.unclear:
        unknown = m.say("assistant.unknown_words", words=", ".join(m.frame.unclear))
        return answering(m, f"{unknown}\n{said}")
    if not named or m.talk.goal is not Goal.NONE:
        return answering(m, said)
    if m.frame.when.says_day or m.frame.when.says_time or m.frame.when.soonest:
        turn = await booking.wanted(m)
        return msgspec.structs.replace(turn, says=(said, *turn.says))
    if len(named) > 1 and m.frame.maybe_services:
        return reply(m, m.talk, said)
    talk = msgspec.structs.replace(m.talk, services=named, expecting=Expecting.YES_OR_NO)
    turn = asking(m, talk)
    return msgspec.structs.replace(turn, says=(said, *turn.says))


async def services(m: Moment) -> Turn:
    """What is done here, by whoever was named; in a booking, what is being booked."""
    staff = m.frame.staff
    does = [one for one in m.scene.services if staff is None or staff in one.staff_s]
    if staff is None and m.talk.services:
        does = naming.services_of(m.scene, m.talk.services)
    if not does:
        return answering(m, m.say("assistant.no_services"))
    lines = [_priced(m, one) for one in sorted(does, key=lambda one: -one.weight)[:_LONGEST]]
    return answering(m, m.say("assistant.services", list="\n".join(lines)))


async def staff(m: Moment) -> Turn:
    """Who works here, or does what was named or is wished."""
    named = known((*m.frame.services, *m.frame.maybe_services), m.scene) or m.talk.services
    asked = naming.services_of(m.scene, named)
    can = [one for one in m.scene.staff if not asked or any(one.id in s.staff_s for s in asked)]
    if not can:
        return answering(m, m.say("assistant.no_staff"))
    lines = "\n".join(_with_trade(one.name, one.specialization) for one in can[:_LONGEST])
    if not asked:
        return answering(m, m.say("assistant.staff", list=lines))
    # What was asked about is what will be booked, if somebody named here is asked for next.
    talk = m.talk if m.talk.services else msgspec.structs.replace(m.talk, services=named)
    said = m.say("assistant.who_does", services=naming.titles(asked), list=lines)
    return answering(m.having(talk), said)


async def address(m: Moment) -> Turn:
    salon = m.scene.salon
    if not salon.address:
        return answering(m, m.say("assistant.address_unknown", salon=salon.title))
    said = m.say("assistant.address", salon=salon.title, address=salon.address)
    phone = m.say("assistant.phone", phone=salon.phone) if salon.phone else ""
    return answering(m, "\n".join(part for part in (said, phone) if part))


async def hours(m: Moment) -> Turn:
    """Of the day that was named, else of the week to come."""
    today, asked = m.scene.now.date(), m.frame.when
    if asked.first is not None:
        days = _days(asked.first, asked.last or asked.first)
    else:
        days = _days(today, today + timedelta(days=_WEEK - 1))
    lines = [_open_on(m, day) for day in days if day in m.scene.hours]
    if not lines:
        opens, closes = m.scene.vocabulary.opens, m.scene.vocabulary.closes
        usual = f"{opens:%H:%M}–{closes:%H:%M}"
        return answering(m, m.say("assistant.hours_usual", hours=usual))
    return answering(m, m.say("assistant.hours", list="\n".join(lines)))


async def my_visit(m: Moment) -> Turn:
    visits = m.scene.client.visits
    if not visits:
        return picking.none_known(m, m.talk)
    lines = [naming.visit_in_words(m.scene, one, m.words.language) for one in visits[:_LONGEST]]
    return answering(m, m.say("assistant.your_visits", list="\n".join(lines)))


async def thanks(m: Moment) -> Turn:
    return answering(m, m.say("assistant.welcome"))


async def greeting(m: Moment) -> Turn:
    """The hello itself is put before every first answer (`machine.py`)."""
    if m.talk.expecting is not Expecting.NOTHING:
        return answering(m)
    return reply(m, m.talk, m.say("assistant.menu"))


def next_visit(m: Moment) -> Visit | None:
    return next(iter(m.scene.client.visits), None)


def _priced(m: Moment, service: Service) -> str:
    price = naming.price(m.scene, (service.id,)) or m.say("assistant.price_unknown")
    lasts = m.say("assistant.minutes", minutes=service.duration_s // 60)
    return f"• {service.title}: {price}, {lasts}"


def _with_trade(name: str, trade: str | None) -> str:
    return f"• {name} ({trade})" if trade else f"• {name}"


def _days(first: date, last: date) -> Sequence[date]:
    count = min((last - first).days, _WEEK - 1)
    return [first + timedelta(days=n) for n in range(count + 1)]


def _open_on(m: Moment, day: date) -> str:
    shown = day_in_words(day, m.scene.now.date(), m.words.language)
    span = m.scene.hours[day]
    return f"• {shown}: " + (m.say("assistant.closed") if span is None else f"{span[0]}–{span[1]}")
