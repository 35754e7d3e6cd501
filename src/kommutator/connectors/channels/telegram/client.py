"""Telegram's Bot API over HTTP: one method at a time, typed in and out.

Decides nothing and repeats nothing. The token is a part of the vendor's addresses: what is kept
of an exchange names the method only, and every occurrence of the token is struck out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from kommutator.connectors.channels.telegram.errors import TelegramError, judge, judge_silence
from kommutator.connectors.channels.telegram.manifest import (
    BOT_PER_SECOND,
    CHAT_AT_ONCE,
    CHAT_PER_SECOND,
    GROUP_PER_SECOND,
    LONGEST_PAUSE_S,
    PAUSE_S,
    TIMEOUT_S,
)
from kommutator.connectors.refusing import in_turn, refused
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.outcome import Budget, Exchange
from kommutator.domain.ports import Turn
from kommutator.domain.refusal import Judgement
from kommutator.kit.describe import describe_answer, describe_request, describe_silence
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.kit.http import HttpClient, WireError
from kommutator.kit.pauses import Pauses

_JSON = {"Content-Type": "application/json", "Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Reply:
    """Telegram did what was asked."""

    result: Any
    exchange: Exchange


def budgets_of(account: Account, chat_id: str | None = None) -> tuple[Budget, ...]:
    """What one request draws from: the bot's allowance, and the chat's for a message."""
    bot = f"telegram:{account.account_key or account.connection_id}"
    whole = Budget(bot, BOT_PER_SECOND)
    if chat_id is None:
        return (whole,)
    grouped = chat_id.startswith("-")  # of groups and channels
    rate = GROUP_PER_SECOND if grouped else CHAT_PER_SECOND
    return (whole, Budget(f"{bot}:{chat_id}", rate, 1 if grouped else CHAT_AT_ONCE))


class TelegramClients:
    """Makes clients for accounts; holds what all of them share in one process."""

    def __init__(self, http: HttpClient, *, turn: Turn) -> None:
        self._http = http
        self._turn = turn
        self._pauses = Pauses(PAUSE_S, LONGEST_PAUSE_S)

    def of(self, account: Account, *, prepaid: int = 0) -> TelegramClient:
        """`prepaid`: requests whose budget the caller (a lane) has already drawn."""
        return TelegramClient(self._http, account, self._turn, self._pauses, prepaid)


class TelegramClient:
    """Bound to one bot. Every method raises `TelegramError`."""

    def __init__(
        self, http: HttpClient, account: Account, turn: Turn, pauses: Pauses, prepaid: int
    ) -> None:
        self._http = http
        self._account = account
        self._turn = turn
        self._pauses = pauses
        self._prepaid = prepaid
        self._token = account.secrets.get("token", "")

    async def me(self) -> Reply:
        return await self._ask("getMe", {})

    async def send(self, chat_id: str, text: str) -> Reply:
        """Plain text; no preview of links, which would make a notice twice as long."""
        return await self._ask("sendMessage", _message(chat_id, text), chat_id=chat_id)

    async def edit(self, chat_id: str, message_id: str, text: str) -> Reply:
        order = {**_message(chat_id, text), "message_id": int(message_id)}
        return await self._ask("editMessageText", order, chat_id=chat_id)

    async def set_webhook(self, order: Mapping[str, Any]) -> Reply:
        return await self._ask("setWebhook", order)

    async def delete_webhook(self) -> Reply:
        return await self._ask("deleteWebhook", {})

    async def webhook(self) -> Reply:
        """Where news are brought, and how that went lately."""
        return await self._ask("getWebhookInfo", {})

    async def updates(self, after: int, limit: int, kinds: Sequence[str]) -> Reply:
        """News after this number; asking for them forgets those before at the vendor."""
        order: dict[str, Any] = {"timeout": 0, "limit": limit, "allowed_updates": list(kinds)}
        return await self._ask("getUpdates", order | ({"offset": after + 1} if after else {}))

    # --- one request ---------------------------------------------------------------------

    async def _ask(
        self, method: str, order: Mapping[str, Any], *, chat_id: str | None = None
    ) -> Reply:
        budgets = budgets_of(self._account, chat_id)
        await self._take_turn(budgets)
        writing = chat_id is not None
        body = msgspec.json.encode(order)
        secrets = tuple(self._account.secrets.values())
        sent = describe_request("POST", f"/{method}", body=body, secrets=secrets)
        said = self._pauses.said(budgets[-1].key)
        try:
            answer = await self._http.request(
                "POST",
                f"{self._account.base_url}/bot{self._token}/{method}",
                headers=_JSON,
                body=body,
                timeout_s=TIMEOUT_S,
                vendor=ConnectionKind.TELEGRAM,
            )
        except WireError as error:
            exchange = Exchange(sent, describe_silence(error))
            judgement = judge_silence(error, writing=writing)
            # Not chained: the cause may quote the address, and so the token.
            raise self._refusal(judgement, exchange, error.stage, error.status) from None
        exchange = Exchange(sent, describe_answer(answer, secrets), answer.duration_ms)
        refusal, result, moved_to = judge(answer, writing=writing)
        if refusal is None:
            self._pauses.over(budgets[-1].key, said)
            return Reply(result, exchange)
        if refusal.kind is ErrorKind.RATE_LIMITED:
            pause = self._pauses.after(budgets[-1].key, refusal.retry_after, said)
            await self._turn.hold(budgets, pause)
            refusal = Judgement(refusal.kind, refusal.message, refusal.hint, pause)
        raise self._refusal(refusal, exchange, Stage.ANSWERED, answer.status, moved_to)

    async def _take_turn(self, budgets: Sequence[Budget]) -> None:
        if self._prepaid > 0:
            self._prepaid -= 1
            return
        await in_turn(
            self._turn,
            budgets,
            TelegramError,
            words="too many messages are waiting for this bot",
            hint="telegram_too_fast",
        )

    def _refusal(
        self,
        judgement: Judgement,
        exchange: Exchange,
        stage: Stage,
        status: int | None,
        moved_to: str | None = None,
    ) -> TelegramError:
        secrets = self._account.secrets.values()
        return refused(
            TelegramError, judgement, exchange, secrets, stage, status, moved_to=moved_to
        )


def _message(chat_id: str, text: str) -> dict[str, Any]:
    return {"chat_id": chat_id, "text": text, "link_preview_options": {"is_disabled": True}}
