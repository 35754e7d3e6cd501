"""The words of notices for people: looked at, changed, tried on an invented visit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kommutator.domain.notices.template import checked_template, fill
from kommutator.domain.notices.words import example, values_of
from kommutator.domain.salon.changes import VisitNews
from kommutator.domain.tenancy import Actor, EnterpriseNumber
from kommutator.flows.notices.templates import Templates
from kommutator.kit.texts import LOCALES, Texts

if TYPE_CHECKING:
    from kommutator.store.database import Database


@dataclass(frozen=True, slots=True)
class Template:
    """`own`: not the words it came with."""

    language: str
    news: VisitNews
    text: str
    own: bool


class Wording:
    """A part of `Notices`."""

    def __init__(self, db: Database, texts: Texts) -> None:
        self._db = db
        self._texts = texts

    async def templates(self, enterprise: EnterpriseNumber) -> Sequence[Template]:
        """Every language and kind of news."""
        async with self._db.unit() as unit:
            all_of_them = await Templates.of(unit, enterprise, self._texts)
        return [
            Template(
                language,
                news,
                all_of_them.text(language, news),
                (language, news.value) in all_of_them.own,
            )
            for language in LOCALES
            for news in VisitNews
        ]

    async def put_template(
        self, actor: Actor, enterprise: EnterpriseNumber, language: str, news: VisitNews, text: str
    ) -> Template:
        """From now on in these words; the usual ones are no own ones.

        Raises InvalidInput: `notice_template_invalid`, `notice_place_unknown`.
        """
        clean = checked_template(text)
        own = clean != self._texts.translate(language, f"notice.template.{news.value}")
        async with self._db.unit() as unit:
            receivers = unit.notice_receivers
            if own:
                await receivers.put_template(enterprise, language, news.value, clean)
            else:
                await receivers.reset_template(enterprise, language, news.value)
            await unit.audit.add(
                enterprise,
                actor=actor.name,
                action="notice_template.change",
                target=f"{language}/{news.value}",
            )
        return Template(language, news, clean, own)

    async def reset_template(
        self, actor: Actor, enterprise: EnterpriseNumber, language: str, news: VisitNews
    ) -> Template:
        """Back to the words it came with."""
        usual = self._texts.translate(language, f"notice.template.{news.value}")
        return await self.put_template(actor, enterprise, language, news, usual)

    async def preview(
        self,
        enterprise: EnterpriseNumber,
        language: str,
        news: VisitNews,
        text: str | None = None,
    ) -> str:
        """A notice of an invented visit, in these words, else in those that are used.

        Raises InvalidInput: `notice_template_invalid`, `notice_place_unknown`.
        """
        if text is None:
            async with self._db.unit() as unit:
                template = (await Templates.of(unit, enterprise, self._texts)).text(language, news)
        else:
            template = checked_template(text)
        change, salon, staff = example(lambda slug: self._texts.translate(language, slug))
        if news not in (VisitNews.MOVED, VisitNews.RESTORED):
            change = replace(change, before=change.after)
        return fill(template, values_of(change, salon, staff, language))
