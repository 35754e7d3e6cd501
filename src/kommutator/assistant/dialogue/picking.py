"""Which of the client's own visits is meant, and whether several are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from kommutator.assistant.dialogue import called, naming
from kommutator.assistant.dialogue.moment import Moment, asking, cleared, reply
from kommutator.domain.assistant.frame import Expecting, Frame
from kommutator.domain.assistant.talk import Goal, HandOver, Talk, Turn
from kommutator.domain.salon.facts import Visit

_VISITS: Final = (
    r"(записи|запись|визиты|при[её]мы|записів|візити|appointments|visits|bookings|of them)"
)
_BOTH: Final = r"(обе(их|им)?|оба|обоих|обидв[аіи]|both)"
_EVERY: Final = r"(вс[её]|всех|[ву]сі|усе|[ву]сіх|all)"
# "Всё, отмените" ends a talk, and "все равно" is no number: "all" stands before what it counts.
_ALL: Final = re.compile(
    rf"\b{_BOTH}\b|\b{_EVERY} (\w+ )?{_VISITS}\b"
    rf"|\b(отмен|перенес|перенос|скасу|убер|удал|cancel|move|resched)\w*( мне| мені| please)? "
    rf"({_EVERY}|everything)\b(?! равно| одно)|\b{_EVERY} (отмен|перенес|скасу)\w*",
    re.IGNORECASE,
)
_ALL_OF_THEM: Final = re.compile(
    rf"\W*((да|так|yes|и|на|давайте)\W+)?({_EVERY}|{_BOTH}|и то и другое|і те і інше)"
    rf"( {_VISITS})?( (сразу|разом|пожалуйста|будь ласка|please))?\W*",
    re.IGNORECASE,
)
_NUMBERS: Final = re.compile(r"\W*\d(\s*(,|и|й|та|і|and|&|\+|\s)\s*\d)+\W*", re.IGNORECASE)
_KEEPS: Final = re.compile(
    r"\b(?<!не )(приду|прийду|буду|приедем|остав\w*|оста[её]т\w*|залиш\w*|keep|come|coming)\b"
    r"|\bне (отмен|трог|скасов)\w*|\b(don't|do not) cancel",
    re.IGNORECASE,
)
_ORDINALS: Final = (
    re.compile(r"\b(перв\w+|перш\w+|first)\b", re.IGNORECASE),
    re.compile(r"\b(втор\w+|друг(а|у|ий|ого)|second)\b", re.IGNORECASE),
    re.compile(r"\b(трет\w+|third)\b", re.IGNORECASE),
)
_HAD_BEFORE: Final = re.compile(
    r"\b(мои|мої|my) (записи|визиты|при[её]мы|візити|appointments|visits|bookings)\b"
    r"|\b(другую|старую|прежнюю|предыдущую|інший|старий|попередній|other|old|previous) "
    r"(запис\w*|визит|візит|appointment|visit|booking)\b",
    re.IGNORECASE,
)
_SEVERAL: Final = 2
_STEM: Final = 4
"""Letters by which a service is known again in whatever case."""


def visit_meant(m: Moment, talk: Talk, among: Sequence[int] = ()) -> Visit | None:
    """The only one, the one already spoken of, or the only one that fits the words.

    Args:
        among: visits that were asked about; others only if the words fit none of these.
    """
    visits = _called(m, talk.goal, among)
    fitting: Sequence[Visit] = [one for one in visits if _fits(one, m.frame, talk.goal)]
    spoken_of = next((one for one in visits if one.id == talk.record_id), None)
    if spoken_of is not None and (spoken_of in fitting or not fitting):
        return spoken_of
    if not fitting:
        fitting = [one for one in m.scene.client.visits if _fits(one, m.frame, talk.goal)]
    if talk.goal is Goal.MOVE:
        fitting = _told_apart(m, fitting)
    return fitting[0] if len(fitting) == 1 else None


def several_meant(m: Moment, goal: Goal, among: Sequence[int] = ()) -> Sequence[Visit]:
    """All of them, or those that are named one by one; empty: not so many."""
    if keeps(m.text):
        return ()
    by_number = _by_number(m)
    if by_number:
        return by_number
    by_name = [one for one in spoken_about(m, among) if _has_service(one, m.frame)]
    if len(by_name) > 1 and _named_one_by_one(m, by_name):
        return by_name
    # Of one visit that we asked about nobody says "both": they speak of all that they have.
    visits = spoken_about(m, among if len(among) > 1 else ())
    fitting = [one for one in visits if _fits(one, m.frame, goal)]
    return fitting if len(fitting) > 1 and _says_all(m.text) else ()


def by_its_day(m: Moment, visit: Visit) -> bool:
    """Whether the words call it by the day that it is on."""
    day, today = visit.starts_at.date(), m.scene.now.date()
    return called.by_its_day(m.text, day, today, m.frame.when)


def tells_which(text: str) -> bool:
    """Whether visits that are there are meant, not the one that is just being made."""
    placed = any(one.search(text) for one in _ORDINALS)
    return _says_all(text) or placed or _HAD_BEFORE.search(text) is not None


def keeps(text: str) -> bool:
    """Whether a visit is to stay, whatever becomes of another: "а на чистку приду"."""
    return _KEEPS.search(text) is not None


def fitting_of(m: Moment, records: Sequence[int]) -> Sequence[int]:
    """Those of these visits that the words name."""
    visits = [one for one in m.scene.client.visits if one.id in records]
    return [one.id for one in visits if _fits(one, m.frame, Goal.CANCEL)]


def spoken_about(m: Moment, among: Sequence[int] = ()) -> Sequence[Visit]:
    """Those asked about, or shown to choose from; else all that the client has."""
    ids = among or (m.talk.visits if m.talk.expecting is Expecting.CHOICE else ())
    return [one for one in m.scene.client.visits if one.id in ids] or m.scene.client.visits


def ask_which(m: Moment, talk: Talk, among: Sequence[int] = ()) -> Turn:
    """Or say that there is none."""
    if not m.scene.client.visits:
        return none_known(m, cleared(talk))
    visits = _called(m, talk.goal, among)
    fitting = [one for one in visits if _fits(one, m.frame, talk.goal)] or visits
    return ask_of(m, talk, [one.id for one in fitting])


def ask_of(m: Moment, talk: Talk, records: Sequence[int]) -> Turn:
    """Which of just these, whatever the words name."""
    talk = msgspec.structs.replace(
        talk, visits=tuple(records), expecting=Expecting.CHOICE, record_id=None
    )
    return asking(m, talk)


def none_known(m: Moment, talk: Talk) -> Turn:
    """Whose number we do not know may have visits all the same: a person looks.

    A number that was only written proves nothing.
    """
    if m.scene.client.phone is None:
        return reply(m, talk, m.say("assistant.visits_unseen"), hand_over=HandOver.ASKED)
    return reply(m, talk, m.say("assistant.no_visits"))


def _called(m: Moment, goal: Goal, among: Sequence[int]) -> Sequence[Visit]:
    """Those to move that are called by their day, be they others than those asked about."""
    visits = spoken_about(m, among)
    if goal is not Goal.MOVE:
        return visits
    by_day = [
        one for one in m.scene.client.visits if by_its_day(m, one) and _fits(one, m.frame, goal)
    ]
    return [one for one in by_day if one in visits] or by_day or visits


def _told_apart(m: Moment, visits: Sequence[Visit]) -> Sequence[Visit]:
    """Of several to move those that a name or a day is of, as far as it is not where they go."""
    staff, to, today = m.frame.staff, m.frame.when, m.scene.now.date()
    if called.by_whom(m.text):
        visits = [one for one in visits if one.staff_id == staff] or visits
    if m.frame.repaired:
        return visits
    days = [
        one for one in visits if called.beside_its_goal(m.text, one.starts_at.date(), today, to)
    ]
    return days or visits


def _says_all(text: str) -> bool:
    return bool(_ALL.search(text) or _ALL_OF_THEM.fullmatch(text))


def _by_number(m: Moment) -> Sequence[Visit]:
    """As in "1 и 3" or "первую и вторую", out of the list that was shown."""
    shown = m.talk.visits if m.talk.expecting is Expecting.CHOICE else ()
    places = {place for place, one in enumerate(_ORDINALS, start=1) if one.search(m.text)}
    if _NUMBERS.fullmatch(m.text):
        places = {int(digit) for digit in re.findall(r"\d", m.text)}
    if len(places) < _SEVERAL or not places <= set(range(1, len(shown) + 1)):
        return ()
    found = [naming.visit_of(m.scene, shown[place - 1]) for place in sorted(places)]
    return [one for one in found if one is not None]


def _named_one_by_one(m: Moment, visits: Sequence[Visit]) -> bool:
    """Whether each has a service of its own that the words name: "маникюр и педикюр"."""
    text = m.text.casefold()
    stems = [{one.title.casefold()[:_STEM] for one in visit.services} for visit in visits]
    named = [{stem for stem in mine if stem in text} for mine in stems]
    apart = sum(map(len, named)) == len(set().union(*named))
    return apart and all(named)


def _has_service(visit: Visit, frame: Frame) -> bool:
    named = {*frame.services, *frame.maybe_services}
    return not named.isdisjoint(one.service_id for one in visit.services)


def _fits(visit: Visit, frame: Frame, goal: Goal) -> bool:
    services = {one.service_id for one in visit.services}
    named = {*frame.services, *frame.maybe_services}
    if named and not named & services:
        return False
    if goal is Goal.MOVE:
        return True  # a day is where to, a name with whom
    if frame.staff is not None and frame.staff != visit.staff_id:
        return False
    when, day = frame.when, visit.starts_at.date()
    if when.first is not None and not when.first <= day <= (when.last or when.first):
        return False
    return when.at is None or when.at == visit.starts_at.time()
