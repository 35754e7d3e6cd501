"""Avito's API over HTTP: one authorised request at a time, typed in and out.

Decides nothing. It repeats exactly once: after the vendor refused the token, with a new one.
Tokens are had anew from the client's id and secret by each process, so none is kept on disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote
from weakref import WeakValueDictionary

import msgspec

from kommutator.connectors.channels.avito.errors import AvitoError, judge, judge_silence
from kommutator.connectors.channels.avito.manifest import (
    BURST,
    EMPTY_S,
    LONGEST_PAUSE_S,
    MOST_PER_MINUTE,
    PAUSE_S,
    PER_MINUTE,
    TIMEOUT_S,
    TOKEN_MARGIN_S,
    TOKEN_S,
)
from kommutator.connectors.refusing import in_turn, refused
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.outcome import Budget, Exchange
from kommutator.domain.ports import Turn
from kommutator.kit.clock import Clock
from kommutator.kit.describe import describe_answer, describe_request, describe_silence
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.kit.http import Answer, HttpClient, Pairs, WireError
from kommutator.kit.pauses import Pauses
from kommutator.kit.plain_json import as_map, as_text


@dataclass(frozen=True, slots=True)
class Reply:
    """Avito did what was asked."""

    body: Any
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    params: Pairs = ()
    json: Mapping[str, Any] | None = None
    form: Pairs | None = None
    speaking: bool = False


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    until: float  # monotonic


class AvitoClients:
    """Makes clients for accounts; holds tokens and allowances, for one process."""

    def __init__(self, http: HttpClient, *, turn: Turn, clock: Clock) -> None:
        self.http = http
        self.turn = turn
        self.clock = clock
        self.pauses = Pauses(PAUSE_S, LONGEST_PAUSE_S)
        self.tokens: dict[str, _Token] = {}
        self.locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._per_minute: dict[str, float] = {}

    def of(self, account: Account, *, prepaid: int = 0) -> AvitoClient:
        """`prepaid`: requests whose budget the caller (a lane) has already drawn."""
        return AvitoClient(self, account, prepaid)

    def budgets(self, account: Account) -> tuple[Budget, ...]:
        """What one request draws from: as much a minute as the vendor told last."""
        key = f"avito:{account.secrets.get('client_id') or account.connection_id}"
        return (Budget(key, self._per_minute.get(key, PER_MINUTE) / 60, BURST),)

    def learn(self, budgets: Sequence[Budget], answer: Answer) -> None:
        """The vendor's own word on what is allowed in a minute."""
        told = answer.headers.get("x-ratelimit-limit", "")
        if told.isdecimal() and int(told) > 0:
            self._per_minute[budgets[0].key] = min(float(told), MOST_PER_MINUTE)


class AvitoClient:
    """Bound to one account. Every method raises `AvitoError`."""

    def __init__(self, shared: AvitoClients, account: Account, prepaid: int) -> None:
        self._shared = shared
        self._account = account
        self._prepaid = prepaid

    async def me(self) -> Reply:
        return await self._ask(_Request("GET", "/core/v1/accounts/self"))

    async def send(self, chat_id: str, text: str) -> Reply:
        path = f"/messenger/v1/accounts/{self._user}/chats/{_part(chat_id)}/messages"
        order = {"type": "text", "message": {"text": text}}
        return await self._ask(_Request("POST", path, json=order, speaking=True))

    async def chats(self, *, offset: int, limit: int, unread: bool) -> Reply:
        params = [("limit", str(limit)), ("offset", str(offset))]
        params += [("unread_only", "true")] if unread else []
        return await self._ask(
            _Request("GET", f"/messenger/v2/accounts/{self._user}/chats", params)
        )

    async def messages(self, chat_id: str, *, limit: int) -> Reply:
        path = f"/messenger/v3/accounts/{self._user}/chats/{_part(chat_id)}/messages/"
        return await self._ask(_Request("GET", path, [("limit", str(limit))]))

    async def subscribe(self, address: str) -> Reply:
        return await self._ask(_Request("POST", "/messenger/v3/webhook", json={"url": address}))

    async def unsubscribe(self, address: str) -> Reply:
        path = "/messenger/v1/webhook/unsubscribe"
        return await self._ask(_Request("POST", path, json={"url": address}))

    @property
    def _user(self) -> str:
        return _part(self._account.account_key or "self")

    # --- one request ---------------------------------------------------------------------

    async def _ask(self, request: _Request) -> Reply:
        token = await self._token()
        try:
            return await self._send(request, token)
        except AvitoError as error:
            if error.kind is not ErrorKind.TOKEN_STALE:
                raise
        token = await self._token(instead_of=token)
        try:
            return await self._send(request, token)
        except AvitoError as error:
            if error.kind is ErrorKind.TOKEN_STALE:
                error.kind = ErrorKind.ACCESS_REVOKED  # a brand-new token does not help either
            raise

    async def _token(self, *, instead_of: str | None = None) -> str:
        """A token that works for a while; one request for all who need it."""
        secrets = self._account.secrets
        pair = (secrets.get("client_id", ""), secrets.get("client_secret", ""))
        key = f"{self._account.base_url} {pair[0]} {hash(pair)}"
        lock = self._shared.locks.get(key)
        if lock is None:
            lock = self._shared.locks[key] = asyncio.Lock()
        async with lock:
            kept = self._shared.tokens.get(key)
            now = self._shared.clock.monotonic()
            if kept is not None and kept.value != instead_of and now < kept.until:
                return kept.value
            made = await self._new_token(pair)
            self._shared.tokens[key] = made
            return made.value

    async def _new_token(self, pair: tuple[str, str]) -> _Token:
        form = [
            ("grant_type", "client_credentials"),
            ("client_id", pair[0]),
            ("client_secret", pair[1]),
        ]
        reply = await self._send(_Request("POST", "/token", form=form), None)
        body = as_map(reply.body)
        value, seconds = as_text(body.get("access_token")), body.get("expires_in")
        if value is None:
            raise AvitoError(
                ErrorKind.ACCESS_REVOKED, "no token in the answer", hint="avito_keys_refused",
            )  # fmt: skip
        good_s = float(seconds) if isinstance(seconds, int | float) else TOKEN_S
        margin = min(TOKEN_MARGIN_S, good_s / 2)
        return _Token(value, self._shared.clock.monotonic() + good_s - margin)

    async def _send(self, request: _Request, token: str | None) -> Reply:
        budgets = self._shared.budgets(self._account)
        await self._take_turn(budgets, free=token is None)
        secrets = (*self._account.secrets.values(), token or "")
        body = None if request.json is None else msgspec.json.encode(request.json)
        sent = describe_request(
            request.method, request.path, params=request.params, form=request.form or (),
            body=body, secrets=secrets,
        )  # fmt: skip
        said = self._shared.pauses.said(budgets[0].key)
        try:
            answer = await self._shared.http.request(
                request.method,
                f"{self._account.base_url}{request.path}",
                headers=_headers(token, body),
                params=request.params,
                form=request.form,
                body=body,
                timeout_s=TIMEOUT_S,
                vendor=ConnectionKind.AVITO,
            )
        except WireError as error:
            exchange = Exchange(sent, describe_silence(error))
            judgement = judge_silence(error, writing=request.speaking)
            raise refused(
                AvitoError, judgement, exchange, secrets, error.stage, error.status
            ) from error
        shown = secrets if token else (*secrets, *_tokens_in(answer))
        exchange = Exchange(sent, describe_answer(answer, shown), answer.duration_ms)
        self._shared.learn(budgets, answer)
        refusal, found = judge(answer, writing=request.speaking)
        if refusal is None:
            self._shared.pauses.over(budgets[0].key, said)
            if answer.headers.get("x-ratelimit-remaining") == "0":
                await self._shared.turn.hold(budgets, EMPTY_S)
            return Reply(found, exchange)
        if refusal.kind is ErrorKind.RATE_LIMITED:
            pause = self._shared.pauses.after(budgets[0].key, refusal.retry_after, said)
            await self._shared.turn.hold(budgets, pause)
            refusal = replace(refusal, retry_after=pause)
        raise refused(AvitoError, refusal, exchange, secrets, Stage.ANSWERED, answer.status)

    async def _take_turn(self, budgets: Sequence[Budget], *, free: bool) -> None:
        """`free`: asking for a token, of which there is one a day."""
        if free:
            return
        if self._prepaid > 0:
            self._prepaid -= 1
            return
        await in_turn(
            self._shared.turn,
            budgets,
            AvitoError,
            words="too many requests are waiting for this account",
            hint="avito_too_fast",
        )


def _headers(token: str | None, body: bytes | None) -> dict[str, str]:
    headers = {"Accept": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return headers if body is None else headers | {"Content-Type": "application/json"}


def _tokens_in(answer: Answer) -> tuple[str, ...]:
    _, body = judge(answer, writing=False)
    told = as_map(body)
    return tuple(
        text for name in ("access_token", "refresh_token") if (text := as_text(told.get(name)))
    )


def _part(value: str) -> str:
    return quote(value, safe="")
