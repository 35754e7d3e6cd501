"""Text → `Frame`, by rules: the order in which the small grammars read one message."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from kommutator.assistant.hunch.evidence import Evidence
from kommutator.assistant.hunch.opinion import Opinion, second_opinion
from kommutator.assistant.rules import answers, asides, contact, staff_choice, typos
from kommutator.assistant.rules import intent_patterns as says
from kommutator.assistant.rules.clean import LONGEST, clean
from kommutator.assistant.rules.concepts import is_trade
from kommutator.assistant.rules.expected import intent_under
from kommutator.assistant.rules.intents import asked_of_us, wish_of
from kommutator.assistant.rules.language import language_of
from kommutator.assistant.rules.latin import readable
from kommutator.assistant.rules.line import Line
from kommutator.assistant.rules.marking import marked, unknown, unknown_trade, without_name
from kommutator.assistant.rules.service_choice import is_put_off, is_refused
from kommutator.assistant.rules.services import Mention, ServiceIndex
from kommutator.assistant.rules.staff import Mentioned, StaffIndex
from kommutator.assistant.rules.tokens import Token, Tokens, tokens_of
from kommutator.assistant.rules.when import TimeReader
from kommutator.domain.assistant.frame import Expecting, Frame, Intent, Vocabulary, When

_SALONS_KEPT = 256  # vocabularies made ready; the least used one is made again when it is asked
_OF_A_VISIT = (Intent.CANCEL, Intent.MOVE, Intent.LATE)
# "А первый к кому?" asks and does not choose; a no chooses nothing.
_OF_OFFERED = (Intent.STAFF, Intent.PRICE, Intent.FREE, Intent.NO)


@dataclass(frozen=True, slots=True)
class _Index:
    services: ServiceIndex
    staff: StaffIndex


@lru_cache(maxsize=_SALONS_KEPT)
def _index(vocabulary: Vocabulary) -> _Index:
    return _Index(ServiceIndex.of(vocabulary.services), StaffIndex.of(vocabulary.staff))


@dataclass(frozen=True, slots=True)
class _People:
    """Who is named: whom the client wants, and how they call themselves."""

    staff: int | None = None
    unclear: tuple[str, ...] = ()
    any_staff: bool = False
    usual_staff: bool = False
    repaired: bool = False


class Reader:
    """Reads turns; holds nothing of them, so one serves all salons and threads."""

    def __init__(self, hunch: Opinion = second_opinion) -> None:
        self._hunch = hunch

    def read(
        self,
        text: str,
        vocabulary: Vocabulary,
        now: datetime,
        expecting: Expecting = Expecting.NOTHING,
        language: str | None = None,
    ) -> Frame:
        """Understand one turn. Never raises, whatever was written.

        Args:
            text: the turn's messages, joined by newlines; read up to 4096 characters.
            vocabulary: what can be named in the salon.
            now: the salon's time, without a zone.
            expecting: what we asked last.
            language: of the talk so far; None: guessed.
        """
        index = _index(vocabulary)
        kept = index.services.words | index.staff.forms.keys()
        plain = typos.mended(readable(clean(text), kept, language), kept, expecting)
        spoken = language or language_of(plain)
        if says.INJECTION.search(plain):
            return Frame(intent=Intent.OTHER, language=spoken)
        phone, plain = contact.find_phone(plain, spoken)
        turn = _Turn(text[:LONGEST], plain, vocabulary, now, expecting, spoken, phone)
        return turn.frame(self._hunch)


@dataclass(slots=True)
class _Turn:
    """One message on its way through the grammars."""

    text: str
    plain: str
    vocabulary: Vocabulary
    now: datetime
    expecting: Expecting
    language: str
    phone: str | None

    def frame(self, hunch: Opinion) -> Frame:
        index = _index(self.vocabulary)
        tokens = tokens_of(self.plain)
        asked = asked_of_us(tokens)
        name = contact.find_name(self.text)
        if self.phone and not name:
            name = contact.name_with_number(self.text)
        tokens = _visit_removed(without_name(tokens, name))
        named, whole = index.staff.find(tokens), tokens
        tokens = marked(tokens, "E", named)
        mentions = index.services.find(tokens, asked=self.expecting is Expecting.SERVICE)
        mentions, taken_back = _after_repair(mentions, tokens)
        tokens = unknown_trade(marked(tokens, "S", mentions))
        line = Line(tokens.line)
        line.drop(says.GREETINGS, "HELLO")
        if self.expecting is not Expecting.STAFF:  # "I don't mind" names anybody there
            line.drop(says.AGREED, "YES")
        if self.expecting not in (Expecting.DAY, Expecting.TIME):  # "до пятницы" is a day there
            line.rewrite(says.FAREWELL, lambda match: f"{match['kept'] or ''}BYE")
        answer = answers.numbered(line, self.expecting)
        people = self._people(line, named, whole)
        times = TimeReader(self.now, self.vocabulary.opens, self.vocabulary.closes)
        times.mark(line, self.expecting, moving=line.has(says.MOVE))
        asides.strike_out(line)
        wish = wish_of(line)
        when, repaired = _when(times, line, wish)
        if name:
            line.text += "NAMED "
        if self.phone:
            line.text += "PHONED "
        line.text += asked
        intent, answered = intent_under(
            self.expecting, line, answer, self.text, wish if wish in _OF_A_VISIT else None
        )
        certain = bool(answered or answer.stars) or wish is Intent.OTHER
        intent = hunch(Evidence(self.text, line.text, self.expecting, intent, certain))
        services, maybe = _services([] if intent is Intent.THANKS else mentions)
        return Frame(
            intent=intent,
            services=services,
            maybe_services=maybe,
            staff=None if answered else people.staff,
            any_staff=people.any_staff,
            usual_staff=people.usual_staff and intent is not Intent.COMPLAINT,
            when=When() if intent is Intent.LATE else when,
            choice=None if intent in _OF_OFFERED else answer.choice,
            stars=answer.stars,
            name=name or answered,
            phone=self.phone,
            repaired=repaired or people.repaired or taken_back,
            unclear=(*people.unclear, *unknown(tokens), *times.days.impossible),
            language=self.language,
        )

    def _people(self, line: Line, named: list[Mentioned], tokens: Tokens) -> _People:
        """Of the line as marked; `tokens`: in which `named` were found."""
        line.drop(staff_choice.USUALLY_TO, "_")
        usual = line.drop(staff_choice.USUAL_STAFF, "USUALONE")
        asked_when = self.expecting in (Expecting.DAY, Expecting.TIME)
        either = line.has(staff_choice.EITHER)
        whoever = not (asked_when or either) and line.drop(staff_choice.ANY_STAFF, "ANYONE")
        if asked_when:
            line.drop(staff_choice.ANY_ANSWER, "ANYTIME")
        if self.expecting is Expecting.STAFF and not usual:
            usual = line.drop(staff_choice.USUAL_ANSWER, "USUALONE")
        if self.expecting is Expecting.STAFF and not (whoever or usual or either):
            whoever = line.drop(staff_choice.ANY_ANSWER, "ANYONE")
        refused = line.drop(staff_choice.NOT_WITH, "UNWANTED")
        left = {int(mark) for mark in _STAFF_MARK.findall(line.text)}
        named = [one for number, one in enumerate(named) if number in left]
        known = [one for one in named if one.staff is not None]
        if not _taken_back(line):
            known = _wanted(known, tokens)
        chosen = known[-1] if len(known) > 1 and _taken_back(line) else known[0] if known else None
        unclear = tuple(
            tokens.items[one.position].text for one in named if one.staff is None and not known
        )
        return _People(
            staff=chosen.staff if chosen else None,
            unclear=unclear,
            any_staff=whoever and (chosen is None or line.has(staff_choice.OR_ELSE)),
            usual_staff=usual and not line.has(staff_choice.NOT_USUAL),
            repaired=bool(known) and (refused or (len(known) > 1 and _taken_back(line))),
        )


def _when(times: TimeReader, line: Line, wish: Intent | None) -> tuple[When, bool]:
    """Which time; in a cancel it says which visit, behind "not" too."""
    if wish is Intent.CANCEL:
        return times.read(Line(_REASONS.sub("", line.text)))
    return times.read(
        line,
        last_wins=wish is Intent.MOVE,
        told=wish is Intent.COMPLAINT and not line.has(_FOR_ANOTHER_DAY),
    )


_SERVICE_REPAIR = re.compile(r"(?<= )(?:PRECISELY|(?:A|OY|,) NO|OY)(?= )")
_FOR_ANOTHER_DAY = re.compile(r"(?<= )(?:CAN|BOOKV|WANT|NEED) (?:[^\s,.;!?|]+ ){0,4}Q\d+(?= )")
_REASONS = re.compile(r"(?<= )(?:NOT|занят|busy) ")  # of a cancel: no day is refused by them
_REMOVES_VISIT = re.compile(
    r" REMOVE (?:\S+ ){0,3}(?:RECORD|BOOKV|TIMETABLE) | REMOVE I FROM [WQTRM]"
    r"| (?:RECORD|BOOKV) (?:\S+ ){0,4}REMOVE "
)
_OF_VISITS = {("REMOVE", ""): Token("", "CANCELV"), ("BOOKV", "брон"): Token("", "RECORD")}
_TO_WHOM = frozenset({"K", "IN", "UNTIL", "TO", "FROM"})
_STAFF_MARK = re.compile(r"(?<= )E(\d+)(?= )")
_TAKEN_BACK = re.compile(
    r"(?<= )E\d+ (?!(?:\S+ )*(?:если|якщо|if) )(?:\S+ )*(?:тоді|тогда|then) (?:\S+ )?E\d+(?= )"
    r"|(?<= )E\d+ (?:.* )?(?:NO|NOT|BETTER|PRECISELY|OY) (?:.* )?E\d+(?= )"
)


def _taken_back(line: Line) -> bool:
    return _TAKEN_BACK.search(line.text) is not None


def _wanted(known: list[Mentioned], tokens: Tokens) -> list[Mentioned]:
    """Of several those somebody wants to go to: "Анна сказала, у Марины свободно"."""
    to_whom = [one for one in known if one.position and _before(one, tokens) in _TO_WHOM]
    return to_whom or known


def _before(one: Mentioned, tokens: Tokens) -> str:
    return tokens.items[one.position - 1].tag


def _after_repair(mentions: list[Mention], tokens: Tokens) -> tuple[list[Mention], bool]:
    """What stands after "точнее", "ой нет": services that were named before it are taken back."""
    for match in _SERVICE_REPAIR.finditer(tokens.line):
        at = tokens.index(match.start())
        later = [one for one in mentions if one.position > at]
        if later and len(later) < len(mentions):
            return later, True
    wanted = [
        one
        for one in mentions
        if not (is_refused(one.positions, tokens) or is_put_off(one.positions, tokens))
    ]
    return wanted or mentions, False


def _visit_removed(tokens: Tokens) -> Tokens:
    """In "снимите меня с записи" nothing is to be taken off but the visit."""
    if not _REMOVES_VISIT.search(tokens.line):
        return tokens
    if any(is_trade(token.text) and token.tag != "REMOVE" for token in tokens.items):
        return tokens
    return Tokens.of(
        [
            _OF_VISITS.get((one.tag, one.text[:4] if one.tag == "BOOKV" else ""), one)
            for one in tokens.items
        ]
    )


def _services(mentions: list[Mention]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    clear = dict.fromkeys(one.services[0] for one in mentions if len(one.services) == 1)
    unclear = dict.fromkeys(
        service for one in mentions if len(one.services) > 1 for service in one.services
    )
    return tuple(clear), tuple(unclear)
