"""amoCRM's API v4 over HTTP: one authorised request at a time, typed in and out.

Decides nothing. It repeats exactly once: after the vendor refused the token, with the next one.
The token travels in a header only, never in a URL; nothing is sent but to the account's address.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from kommutator.connectors.crm.amocrm.budgets import budgets_of
from kommutator.connectors.crm.amocrm.errors import AmoCrmError, Verdict, judge, judge_silence
from kommutator.connectors.crm.amocrm.manifest import (
    BLOCKED_S,
    LATE_MS,
    LONGEST_PAUSE_S,
    PAUSE_S,
    TIMEOUT_S,
)
from kommutator.connectors.refusing import in_turn, refused
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.oauth import Access, AccessSource
from kommutator.domain.outcome import Exchange
from kommutator.domain.ports import Turn
from kommutator.domain.refusal import Judgement
from kommutator.kit.describe import describe_answer, describe_request, describe_silence, mask
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.kit.http import Answer, HttpClient, Pairs, WireError
from kommutator.kit.pauses import Pauses
from kommutator.kit.plain_json import as_map, maps_in

Json = Mapping[str, Any] | Sequence[Mapping[str, Any]]
TurnedAway = Callable[[Account, str], Awaitable[None]]
"""Told of an account that the vendor does not serve, whoever asks and what; in its words."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The vendor did what was asked. `body` is empty after a 204: there is nothing."""

    status: int
    body: Any
    exchange: Exchange

    @property
    def map(self) -> dict[str, Any]:
        return as_map(self.body)

    def embedded(self, name: str) -> list[dict[str, Any]]:
        """The items of `_embedded.<name>`; none after a 204."""
        return list(maps_in(as_map(self.map.get("_embedded")).get(name)))

    @property
    def more(self) -> bool:
        """Whether the vendor names a next page."""
        following = as_map(as_map(self.map.get("_links")).get("next"))
        return bool(following.get("href"))


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    params: Pairs = ()
    json: Json | None = None

    @property
    def writing(self) -> bool:
        return self.method != "GET"

    def encoded(self) -> bytes | None:
        return None if self.json is None else msgspec.json.encode(self.json)


class AmoCrmClients:
    """Makes clients for accounts; holds what all of them share in one process."""

    def __init__(
        self,
        http: HttpClient,
        *,
        access: AccessSource,
        turn: Turn,
        unpaid: TurnedAway | None = None,
        shut_out: TurnedAway | None = None,
    ) -> None:
        self._http = http
        self._access = access
        self._turn = turn
        self._unpaid = unpaid
        self._shut_out = shut_out
        self._pauses = Pauses(PAUSE_S, LONGEST_PAUSE_S)

    def of(
        self, account: Account, *, timeout_s: float = TIMEOUT_S, prepaid: int = 0
    ) -> AmoCrmClient:
        """A client bound to one account.

        Args:
            prepaid: requests whose budget the caller (a lane) has already drawn.
        """
        return AmoCrmClient(
            self._http,
            account,
            access=self._access,
            turn=self._turn,
            pauses=self._pauses,
            timeout_s=timeout_s,
            prepaid=prepaid,
            # A lane says so itself, by parking.
            unpaid=None if prepaid else self._unpaid,
            shut_out=self._shut_out,
        )


class AmoCrmClient:
    """Bound to one account. `last_exchange` is what went over the wire last, whatever came of it.

    Every method raises `AmoCrmError`, or what the grants raise where there is no token.
    """

    def __init__(
        self,
        http: HttpClient,
        account: Account,
        *,
        access: AccessSource,
        turn: Turn,
        pauses: Pauses | None = None,
        timeout_s: float = TIMEOUT_S,
        prepaid: int = 0,
        unpaid: TurnedAway | None = None,
        shut_out: TurnedAway | None = None,
    ) -> None:
        self._http = http
        self._account = account
        self._turned_away = {"amocrm_unpaid": unpaid, "amocrm_blocked": shut_out}
        self._access = access
        self._turn = turn
        self._pauses = pauses or Pauses(PAUSE_S, LONGEST_PAUSE_S)
        self._timeout_s = timeout_s
        self._prepaid = prepaid
        self._budgets = budgets_of(account)
        self.last_exchange = Exchange()

    @property
    def account(self) -> Account:
        return self._account

    async def get(self, path: str, params: Pairs = ()) -> Reply:
        """`path` from the root, such as "/api/v4/leads"."""
        return await self._ask(_Request("GET", path, params))

    async def post(self, path: str, json: Json) -> Reply:
        return await self._ask(_Request("POST", path, json=json))

    async def patch(self, path: str, json: Json) -> Reply:
        return await self._ask(_Request("PATCH", path, json=json))

    async def delete(self, path: str, json: Json | None = None) -> Reply:
        return await self._ask(_Request("DELETE", path, json=json))

    # --- one request ---------------------------------------------------------------------

    async def _ask(self, request: _Request) -> Reply:
        """The token before the turn: a turn is for now, and a token may take a while."""
        access = await self._access.access(self._account)
        await self._take_turn()
        try:
            return await self._send(request, access)
        except AmoCrmError as error:
            if error.kind is not ErrorKind.TOKEN_STALE:
                raise
        access = await self._access.renewed(self._account, access)
        await self._take_turn()
        try:
            return await self._send(request, access)
        except AmoCrmError as error:
            if error.kind is ErrorKind.TOKEN_STALE:
                error.kind = ErrorKind.ACCESS_REVOKED  # a brand-new token does not help either
            raise

    async def _take_turn(self) -> None:
        if self._prepaid > 0:
            self._prepaid -= 1
            return
        await in_turn(
            self._turn,
            self._budgets,
            AmoCrmError,
            words="too many requests are waiting for this account",
            hint="amocrm_budget_spent",
        )

    async def _send(self, request: _Request, access: Access) -> Reply:
        secrets = (*self._account.secrets.values(), access.token)
        body = request.encoded()
        said = self._pauses.said(self._budgets[0].key)
        sent = describe_request(
            request.method, request.path, params=request.params, body=body, secrets=secrets
        )
        try:
            answer = await self._http.request(
                request.method,
                f"{access.base_url}{request.path}",
                headers=_headers(access, body),
                params=request.params,
                body=body,
                timeout_s=self._timeout_s,
                vendor=ConnectionKind.AMOCRM,
            )
        except WireError as error:
            exchange = self.last_exchange = Exchange(sent, describe_silence(error))
            judgement = judge_silence(error, writing=request.writing)
            raise refused(
                AmoCrmError, judgement, exchange, secrets, error.stage, error.status
            ) from error
        exchange = self.last_exchange = _exchange(sent, answer, secrets)
        if answer.left_ms > LATE_MS:
            await self._turn.late(self._budgets, answer.left_ms / 1000)
        verdict = judge(answer, writing=request.writing)
        if verdict.judgement is None:
            self._pauses.over(self._budgets[0].key, said)
            return Reply(answer.status, verdict.body, exchange)
        judgement = await self._hold(verdict.judgement, said)
        refusal = refused(AmoCrmError, judgement, exchange, secrets, Stage.ANSWERED, answer.status)
        refusal.items = _masked(verdict, secrets)
        if tell := self._turned_away.get(judgement.hint or ""):
            await tell(self._account, refusal.message)
        raise refusal

    async def _hold(self, judgement: Judgement, said: int) -> Judgement:
        """Stop everybody who draws from the same budgets, lanes or not, before telling anybody."""
        if judgement.kind is ErrorKind.RATE_LIMITED:
            seconds = self._pauses.after(self._budgets[0].key, judgement.retry_after, said)
        elif judgement.hint == "amocrm_blocked":
            seconds = max(judgement.retry_after or 0.0, BLOCKED_S)
        else:
            return judgement
        await self._turn.hold(self._budgets, seconds)
        return replace(judgement, retry_after=seconds)


def _headers(access: Access, body: bytes | None) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {access.token}", "Accept": "application/json"}
    return headers if body is None else headers | {"Content-Type": "application/json"}


def _exchange(sent: dict[str, Any], answer: Answer, secrets: Sequence[str]) -> Exchange:
    """With the vendor's own id of the request: its support asks for it."""
    described = describe_answer(answer, secrets)
    if request_id := answer.headers.get("x-request-id"):
        described["request_id"] = mask(request_id[:100], secrets)
    return Exchange(sent, described, answer.duration_ms)


def _masked(verdict: Verdict, secrets: Sequence[str]) -> dict[str, dict[str, str]]:
    return {
        item: {path: mask(text, secrets) for path, text in faults.items()}
        for item, faults in verdict.items.items()
    }
