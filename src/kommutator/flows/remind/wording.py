"""Messages of reminders and reviews in the salon's own words, else in the catalog's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kommutator.domain.connection import Account
from kommutator.domain.outreach.wanted import OutreachKind
from kommutator.domain.remind.rules import Rules
from kommutator.domain.remind.words import in_words, values_of
from kommutator.domain.salon.facts import Attendance, Salon, Visit
from kommutator.kit.texts import Texts

if TYPE_CHECKING:
    from kommutator.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Words:
    """Of one salon, in one language."""

    texts: Texts
    language: str
    salon: Salon
    staff: Mapping[int, str]
    own: Mapping[str, str]

    def text(self, kind: OutreachKind, visits: Sequence[Visit]) -> str:
        """The whole message; `visits`: of one client and one day, in order of time."""
        values = values_of(visits, self.salon, self.staff, self.language)
        slug = "remind.text.several" if len(visits) > 1 else f"remind.text.{kind.value}"
        own = self.own.get(kind.value) if len(visits) == 1 else None
        lines = [in_words(own or self._say(slug), values)]
        if len(visits) > 1:
            lines += [self._line(visit) for visit in visits]
        return "\n".join([*lines, *self._asked(kind, visits)])

    def _asked(self, kind: OutreachKind, visits: Sequence[Visit]) -> list[str]:
        """What may be answered: own words cannot forget it."""
        if kind is OutreachKind.REVIEW:
            return [self._say("remind.ask.review")]
        if kind is OutreachKind.WIN_BACK:
            return [self._say("remind.ask.opt_out")]
        confirmed = all(visit.attendance is Attendance.CONFIRMED for visit in visits)
        if kind is OutreachKind.REMINDER_HOURS and confirmed:
            return []
        return [self._say("remind.ask.coming_all" if len(visits) > 1 else "remind.ask.coming")]

    def _line(self, visit: Visit) -> str:
        services = ", ".join(one.title for one in visit.services)
        parts = [f"{visit.starts_at:%H:%M}", services, self.staff.get(visit.staff_id, "")]
        return " — ".join(part for part in parts if part)

    def _say(self, slug: str) -> str:
        return self.texts.translate(self.language, slug)


class Wording:
    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    async def of(self, unit: Unit, account: Account, salon: Salon, rules: Rules) -> Words:
        """As the salon wants to speak."""
        language = rules.language or (await unit.enterprises.get(account.enterprise)).locale
        known = await unit.salon_lists.staff(account.enterprise, account.connection_id, gone=True)
        names = {one.id: one.name for one in known}
        return Words(self._texts, language, salon, names, rules.texts)

    def example(self, language: str, salon: Salon, rules: Rules, staff: Mapping[int, str]) -> Words:
        """For a preview: nothing is read."""
        return Words(self._texts, language, salon, staff, rules.texts)
