"""YClients' API over HTTP: one authorised request at a time, typed in and out.

Decides nothing and repeats nothing. Tokens travel in a header only, and to the addresses of our
application only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from kommutator.connectors.crm.yclients.application import Application
from kommutator.connectors.crm.yclients.budgets import budgets_at
from kommutator.connectors.crm.yclients.envelope import Envelope
from kommutator.connectors.crm.yclients.errors import (
    TELLING,
    Verdict,
    YClientsError,
    judge,
    judge_silence,
)
from kommutator.connectors.crm.yclients.manifest import (
    ACCEPT,
    LATE_MS,
    LONGEST_PAUSE_S,
    PAUSE_S,
    TIMEOUT_S,
)
from kommutator.connectors.crm.yclients.wire import Json, Reply, Request
from kommutator.connectors.refusing import in_turn, refused
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.outcome import Budget, Exchange
from kommutator.domain.ports import Turn
from kommutator.domain.refusal import Judgement
from kommutator.kit.describe import describe_answer, describe_request, describe_silence
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.kit.http import Answer, HttpClient, Pairs, WireError
from kommutator.kit.pauses import Pauses

Told = Callable[[Account, str, str], Awaitable[None]]
"""Hears of a request turned away for good: account, a hint of `TELLING`, the vendor's words."""


class YClientsClients:
    """Makes clients for salons and for the marketplace; holds what all share in one process.

    Args:
        egress: name of the address this process leaves by; the vendor counts by it.
        told: hears of what a person must repair.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        app: Application,
        turn: Turn,
        egress: str,
        told: Told | None = None,
    ) -> None:
        self._http = http
        self.app = app
        self._turn = turn
        self._egress = egress
        self._told = told
        self._pauses = Pauses(PAUSE_S, LONGEST_PAUSE_S)

    def of(
        self,
        account: Account,
        *,
        background: bool = False,
        timeout_s: float = TIMEOUT_S,
        prepaid: int = 0,
    ) -> YClientsClient:
        """A client bound to one salon.

        Args:
            background: nobody waits for it: people come first.
            prepaid: requests whose budget the caller (a lane) has already drawn.
        """
        budgets = self.budgets(background=background)
        return self._client(
            self.app.api, account=account, budgets=budgets, timeout_s=timeout_s, prepaid=prepaid
        )

    def marketplace(self, *, background: bool = False) -> YClientsClient:
        """A client of the marketplace: the partner alone, no user."""
        budgets = self.budgets(background=background)
        return self._client(self.app.marketplace, account=None, budgets=budgets)

    def partner(self) -> YClientsClient:
        """A client of the API in the partner's name alone, of no salon."""
        return self._client(self.app.api, account=None, budgets=self.budgets())

    def budgets(self, *, background: bool = False) -> tuple[Budget, ...]:
        """What lanes draw before they send."""
        return budgets_at(self._egress, background=background)

    def _client(
        self,
        base: str,
        *,
        account: Account | None,
        budgets: tuple[Budget, ...],
        timeout_s: float = TIMEOUT_S,
        prepaid: int = 0,
    ) -> YClientsClient:
        return YClientsClient(
            self._http,
            self.app,
            base,
            account=account,
            turn=self._turn,
            budgets=budgets,
            pauses=self._pauses,
            told=None if prepaid else self._told,  # a lane says so itself, by parking
            timeout_s=timeout_s,
            prepaid=prepaid,
        )


class YClientsClient:
    """`last_exchange` is what went over the wire last, whatever came of it.

    Every method raises `YClientsError`. `path` begins with a slash, after the API's base.
    """

    def __init__(
        self,
        http: HttpClient,
        app: Application,
        base: str,
        *,
        account: Account | None,
        turn: Turn,
        budgets: tuple[Budget, ...],
        pauses: Pauses,
        told: Told | None,
        timeout_s: float,
        prepaid: int,
    ) -> None:
        self._http = http
        self._app = app
        self._base = base
        self._account = account
        self._turn = turn
        self._budgets = budgets
        self._pauses = pauses
        self._told = told
        self._timeout_s = timeout_s
        self._prepaid = prepaid
        own = account.secrets if account is not None else {}
        self._user = own.get("user_token") or (None if account is None else app.user_token)
        self._secrets = (*app.secrets(), *own.values())
        self.last_exchange = Exchange()

    async def get(
        self, path: str, params: Pairs = (), *, user: bool = True, quiet: bool = False
    ) -> Reply:
        """`quiet`, here and below: a refusal is told to nobody."""
        return await self._ask(Request("GET", path, params, user=user, quiet=quiet))

    async def search(self, path: str, json: Json, *, user: bool = True) -> Reply:
        """A POST that changes nothing."""
        return await self._ask(Request("POST", path, json=json, user=user, reading=True))

    async def post(
        self,
        path: str,
        json: Json,
        *,
        user: bool = True,
        hidden: tuple[str, ...] = (),
        quiet: bool = False,
    ) -> Reply:
        """`hidden`: values in the body that must not be written down."""
        request = Request("POST", path, json=json, user=user, hidden=hidden, quiet=quiet)
        return await self._ask(request)

    async def put(self, path: str, json: Json, *, quiet: bool = False) -> Reply:
        return await self._ask(Request("PUT", path, json=json, quiet=quiet))

    async def delete(self, path: str) -> Reply:
        return await self._ask(Request("DELETE", path))

    # --- one request ---------------------------------------------------------------------

    async def _ask(self, request: Request) -> Reply:
        headers = self._headers(request)
        await self._take_turn()
        try:
            return await self._send(request, headers)
        except YClientsError as refusal:
            if not request.quiet:
                await self._tell(refusal)
            raise

    async def _tell(self, refused: YClientsError) -> None:
        if self._told is not None and self._account is not None and refused.hint in TELLING:
            await self._told(self._account, refused.hint or "", refused.message)

    def _headers(self, request: Request) -> dict[str, str]:
        bearer = f"Bearer {self._app.partner_token}"
        if request.user and self._account is not None:
            if not self._user:
                raise YClientsError(
                    ErrorKind.ACCESS_REVOKED,
                    "no user token for this salon",
                    stage=Stage.BEFORE_SENDING,
                    hint="yclients_user_missing",
                )
            bearer = f"{bearer}, User {self._user}"
        headers = {"Authorization": bearer, "Accept": ACCEPT}
        return headers if request.json is None else {**headers, "Content-Type": "application/json"}

    async def _take_turn(self) -> None:
        if self._prepaid > 0:
            self._prepaid -= 1
            return
        await in_turn(
            self._turn,
            self._budgets,
            YClientsError,
            words="too many requests are waiting for this address",
            hint="yclients_budget_spent",
        )

    async def _send(self, request: Request, headers: Mapping[str, str]) -> Reply:
        secrets = (*self._secrets, *request.hidden)
        body = request.encoded()
        said = self._pauses.said(self._budgets[0].key)
        sent = describe_request(
            request.method, request.path, params=request.params, body=body, secrets=secrets
        )
        try:
            answer = await self._http.request(
                request.method,
                f"{self._base}{request.path}",
                headers=headers,
                params=request.params,
                body=body,
                timeout_s=self._timeout_s,
                vendor=ConnectionKind.YCLIENTS,
            )
        except WireError as error:
            exchange = self.last_exchange = Exchange(sent, describe_silence(error))
            judgement = judge_silence(error, writing=request.writing)
            silence = Verdict(judgement, Envelope(None))
            raise _refusal(silence, exchange, secrets, error.stage, error.status) from error
        exchange = Exchange(sent, describe_answer(answer, secrets), answer.duration_ms)
        self.last_exchange = exchange
        if answer.left_ms > LATE_MS:  # only the seconds: a minute does not mind
            await self._turn.late(self._budgets[:1], answer.left_ms / 1000)
        return await self._judged(request, answer, exchange, secrets, said)

    async def _judged(
        self,
        request: Request,
        answer: Answer,
        exchange: Exchange,
        secrets: Sequence[str],
        said: int,
    ) -> Reply:
        verdict = judge(answer, writing=request.writing)
        if verdict.judgement is None:
            self._pauses.over(self._budgets[0].key, said)
            return Reply(answer.status, verdict.envelope, exchange)
        if verdict.judgement.kind is ErrorKind.RATE_LIMITED:
            verdict = replace(verdict, judgement=await self._hold(verdict.judgement, said))
        raise _refusal(verdict, exchange, secrets, Stage.ANSWERED, answer.status)

    async def _hold(self, judgement: Judgement, said: int) -> Judgement:
        """Stop everybody behind this address, in every process, before telling anybody."""
        seconds = self._pauses.after(self._budgets[0].key, judgement.retry_after, said)
        await self._turn.hold(self._budgets, seconds)
        return replace(judgement, retry_after=seconds)


def _refusal(
    verdict: Verdict,
    exchange: Exchange,
    secrets: Sequence[str],
    stage: Stage,
    status: int | None,
) -> YClientsError:
    judgement = verdict.judgement or Judgement(ErrorKind.OURS, "")
    return refused(
        YClientsError,
        judgement,
        exchange,
        secrets,
        stage,
        status,
        booking=verdict.booking,
        appointment=verdict.appointment,
    )
