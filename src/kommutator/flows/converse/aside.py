"""What counts whoever speaks in a chat: СТОП, answers to questions of ours, words to a rating.

While staff speak the bot is silent, and where the assistant is switched off nobody answers by
itself; yet nobody is written to after they said СТОП, and what we asked may be answered.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from kommutator.domain.assistant.frame import Frame, Intent, Vocabulary
from kommutator.domain.chats import ChatNews, Said
from kommutator.domain.connection import Account
from kommutator.flows.chats.speak import Saying, speak
from kommutator.flows.converse.ports import OpenQuestions
from kommutator.flows.outreach.consents import said_in_chat
from kommutator.kit.clock import Clock
from kommutator.kit.texts import Texts

if TYPE_CHECKING:
    from kommutator.store.unit import Unit

_WORDS_WITHIN: Final = timedelta(hours=1)
"""So long after a low rating its reasons are told."""
_WORTH: Final = timedelta(hours=6)
_LONGEST_WISH: Final = 300
"""Who writes more has something else to say; and reading is paid by whoever waits to be heard."""
_WRITTEN: Final = frozenset({"text", "edit"})
_BOT_STARTED: Final = "/start"
_NOBODY: Final = Vocabulary()


class Reads(Protocol):
    """`assistant.rules.reader.Reader`, asked without any question of ours."""

    def read(self, text: str, vocabulary: Vocabulary, now: datetime) -> Frame: ...


class Aside:
    """`questions`: what we asked by ourselves; None: nothing asks yet."""

    def __init__(
        self,
        reads: Reads,
        texts: Texts,
        questions: OpenQuestions | None = None,
        *,
        clock: Clock,
    ) -> None:
        self._reads = reads
        self._texts = texts
        self._questions = questions
        self._clock = clock

    async def __call__(
        self, unit: Unit, account: Account, news: ChatNews, said: Said, *, by_bot: bool
    ) -> bool:
        """In the transaction that hears the message; True: it may answer a question of ours.

        `by_bot`: a turn will answer it; then only a СТОП is noted already.
        """
        if said.kind not in _WRITTEN or not said.text.strip():
            return False
        intent = self._intent(said.text)
        wishes = intent in {Intent.STOP, Intent.START} and said.text.strip() != _BOT_STARTED
        if intent is Intent.STOP or (wishes and not by_bot):
            await self._wishes(unit, account, news, said, out=intent is Intent.STOP, by_bot=by_bot)
        if by_bot or wishes:
            return False
        key = account.enterprise, account.connection_id, news.chat_id
        since = self._clock.now() - _WORDS_WITHIN
        await unit.reviews.add_words(*key, said.text[:2000], since)
        return self._questions is not None and bool(await self._questions(unit, *key))

    def _intent(self, text: str) -> Intent:
        if len(text) > _LONGEST_WISH:
            return Intent.OTHER
        now = self._clock.now().replace(tzinfo=None)  # no day is asked for: any zone will do
        return self._reads.read(text, _NOBODY, now).intent

    async def _wishes(
        self, unit: Unit, account: Account, news: ChatNews, said: Said, *, out: bool, by_bot: bool
    ) -> None:
        await said_in_chat(
            unit, account.enterprise, account.connection_id, news.chat_id, opted_out=out,
            by=f"message:{said.message_id}", at=self._clock.now(),
        )  # fmt: skip
        if by_bot or said.late:
            return
        slug = "assistant.done.opt_out" if out else "assistant.done.opt_in"
        locale = (await unit.enterprises.get(account.enterprise)).locale
        saying = Saying(
            account.connection_id,
            account.kind,
            news.chat_id,
            self._texts.translate(locale, slug),
            once=f"consent:{news.chat_id}:{said.message_id}",
            not_after=self._clock.now() + _WORTH,
            said_by="bot",
        )
        await speak(unit, account.enterprise, [saying])
