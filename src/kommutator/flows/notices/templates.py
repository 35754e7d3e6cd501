"""The words of notices: an enterprise's own, else those it comes with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kommutator.domain.salon.changes import VisitNews
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.texts import Texts
from kommutator.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Templates:
    """All of one enterprise. `own`: (language, news) → text."""

    own: Mapping[tuple[str, str], str]
    texts: Texts

    @classmethod
    async def of(cls, unit: Unit, enterprise: EnterpriseNumber, texts: Texts) -> Templates:
        return cls(await unit.notice_receivers.templates(enterprise), texts)

    def text(self, language: str, news: VisitNews) -> str:
        return self.own.get((language, news.value)) or self.usual(language, news)

    def usual(self, language: str, news: VisitNews) -> str:
        """Without what was changed."""
        return self.texts.translate(language, f"notice.template.{news.value}")
