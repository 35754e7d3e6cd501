"""The Graph API over HTTP: one request at a time, typed in and out. Decides and repeats nothing."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from kommutator.connectors.channels.whatsapp_cloud.errors import (
    PAIR_LIMIT,
    CloudError,
    judge,
    judge_silence,
)
from kommutator.connectors.channels.whatsapp_cloud.manifest import (
    LONGEST_PAUSE_S,
    NUMBER_AT_ONCE,
    NUMBER_PER_SECOND,
    PAGE,
    PAIR_AT_ONCE,
    PAIR_PER_SECOND,
    PAUSE_S,
    TIMEOUT_S,
)
from kommutator.connectors.refusing import in_turn, refused
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.outcome import Budget, Exchange
from kommutator.domain.ports import Turn
from kommutator.kit.describe import describe_answer, describe_request, describe_silence
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.kit.http import HttpClient, Pairs, WireError
from kommutator.kit.pauses import Pauses


@dataclass(frozen=True, slots=True)
class Reply:
    """Meta did what was asked."""

    body: dict[str, Any]
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class _Request:
    """`token`: instead of the account's; `to`: whoever a message is for."""

    method: str
    path: str
    params: Pairs = ()
    json: Mapping[str, Any] | None = None
    token: str | None = None
    to: str | None = None


def budgets_of(account: Account, to: str | None = None) -> tuple[Budget, ...]:
    """What one request draws from: the number's allowance, and for a message the pair's."""
    number = f"whatsapp_cloud:{number_of(account)}"
    whole = Budget(number, NUMBER_PER_SECOND, NUMBER_AT_ONCE)
    if to is None:
        return (whole,)
    return (whole, Budget(f"{number}:{to}", PAIR_PER_SECOND, PAIR_AT_ONCE))


def number_of(account: Account) -> str:
    """The id that Meta gave to the phone number; not its digits."""
    return account.account_key or account.secrets.get("phone_number_id", "")


class CloudClients:
    """Makes clients for accounts; holds what all of them share in one process."""

    def __init__(self, http: HttpClient, *, turn: Turn) -> None:
        self.http = http
        self.turn = turn
        self.pauses = Pauses(PAUSE_S, LONGEST_PAUSE_S)

    def of(self, account: Account, *, prepaid: int = 0) -> CloudClient:
        """`prepaid`: requests whose budget the caller (a lane) has already drawn."""
        return CloudClient(self, account, prepaid)


class CloudClient:
    """Bound to one number. Every method raises `CloudError`."""

    def __init__(self, shared: CloudClients, account: Account, prepaid: int) -> None:
        self._shared = shared
        self._account = account
        self._prepaid = prepaid
        self._number = number_of(account)
        self._waba = account.secrets.get("waba_id", "")
        self._token = account.secrets.get("access_token", "")
        self._app_secret = account.secrets.get("app_secret", "")

    async def number(self, fields: str, *, proven: bool = False) -> Reply:
        """`proven`: show that the app secret is the one of the token's app."""
        params = [("fields", fields)]
        if proven:
            params.append(("appsecret_proof", self._proof()))
        return await self._ask(_Request("GET", f"/{self._number}", params))

    async def numbers(self) -> Reply:
        """All of the business account."""
        params = [("fields", "id"), ("limit", str(PAGE))]
        return await self._ask(_Request("GET", f"/{self._waba}/phone_numbers", params))

    async def send(self, to: str, order: Mapping[str, Any]) -> Reply:
        path = f"/{self._number}/messages"
        return await self._ask(_Request("POST", path, json=order, to=to))

    async def templates(self) -> Reply:
        """Approved ones."""
        fields = "name,language,status,category,components,parameter_format"
        params = [("fields", fields), ("status", "APPROVED"), ("limit", str(PAGE))]
        return await self._ask(_Request("GET", f"/{self._waba}/message_templates", params))

    async def lead(self, address: str, verify_token: str = "") -> Reply:
        """Have this number's webhooks brought to an address; "": to the app's own again."""
        place = {"override_callback_uri": address}
        if address:
            place["verify_token"] = verify_token
        order = {"webhook_configuration": place}
        return await self._ask(_Request("POST", f"/{self._number}", json=order))

    async def join(self) -> Reply:
        """The app hears of the business account."""
        return await self._ask(_Request("POST", f"/{self._waba}/subscribed_apps", json={}))

    async def part(self) -> Reply:
        """The app hears of the business account no more."""
        return await self._ask(_Request("DELETE", f"/{self._waba}/subscribed_apps"))

    async def app(self) -> Reply:
        """Whose token it is."""
        return await self._ask(_Request("GET", "/app", [("fields", "id,name")]))

    async def subscriptions(self, app_id: str) -> Reply:
        """What the app itself hears of, and where."""
        path, token = f"/{app_id}/subscriptions", f"{app_id}|{self._app_secret}"
        return await self._ask(_Request("GET", path, token=token))

    async def subscribe(self, app_id: str, order: Mapping[str, Any]) -> Reply:
        path, token = f"/{app_id}/subscriptions", f"{app_id}|{self._app_secret}"
        return await self._ask(_Request("POST", path, json=order, token=token))

    def _proof(self) -> str:
        key, token = self._app_secret.encode(), self._token.encode()
        return hmac.new(key, token, hashlib.sha256).hexdigest()

    # --- one request ---------------------------------------------------------------------

    async def _ask(self, request: _Request) -> Reply:
        shared, token = self._shared, request.token or self._token
        budgets = budgets_of(self._account, request.to)
        await self._take_turn(budgets)
        speaking = request.to is not None
        secrets = (*self._account.secrets.values(), token, self._proof())
        body = None if request.json is None else msgspec.json.encode(request.json)
        sent = describe_request(
            request.method, request.path, params=request.params, body=body, secrets=secrets
        )
        said = shared.pauses.said(budgets[-1].key)
        try:
            answer = await shared.http.request(
                request.method,
                f"{self._account.base_url}{request.path}",
                headers=_headers(token, body),
                params=request.params,
                body=body,
                timeout_s=TIMEOUT_S,
                vendor=ConnectionKind.WHATSAPP_CLOUD,
            )
        except WireError as error:
            exchange = Exchange(sent, describe_silence(error))
            judgement = judge_silence(error, writing=speaking)
            raise refused(
                CloudError, judgement, exchange, secrets, error.stage, error.status
            ) from error
        exchange = Exchange(sent, describe_answer(answer, secrets), answer.duration_ms)
        refusal, found, code = judge(answer, writing=speaking)
        if refusal is None:
            shared.pauses.over(budgets[-1].key, said)
            return Reply(found, exchange)
        if refusal.kind is ErrorKind.RATE_LIMITED:
            held = budgets[1:] if code == PAIR_LIMIT and speaking else budgets[:1]
            pause = shared.pauses.after(budgets[-1].key, refusal.retry_after, said)
            await shared.turn.hold(held, pause)
            refusal = replace(refusal, retry_after=pause)
        raise refused(
            CloudError, refusal, exchange, secrets, Stage.ANSWERED, answer.status, code=code
        )

    async def _take_turn(self, budgets: Sequence[Budget]) -> None:
        if self._prepaid > 0:
            self._prepaid -= 1
            return
        await in_turn(
            self._shared.turn,
            budgets,
            CloudError,
            words="too many messages are waiting for this number",
            hint="whatsapp_cloud_too_fast",
        )


def _headers(token: str, body: bytes | None) -> dict[str, str]:
    headers = {"Accept": "application/json", "Authorization": f"Bearer {token}"}
    return headers if body is None else headers | {"Content-Type": "application/json"}
