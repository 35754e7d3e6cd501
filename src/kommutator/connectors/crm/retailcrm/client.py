"""RetailCRM's API v5 over HTTP: one method per documented call, typed in and out.

Decides nothing and retries nothing. POST bodies are urlencoded forms whose structures are JSON
text; the key travels in a header only, never in a URL.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from kommutator.connectors.crm.retailcrm import schemas
from kommutator.connectors.crm.retailcrm.errors import (
    RetailCrmError,
    judge,
    judge_silence,
)
from kommutator.connectors.crm.retailcrm.manifest import (
    GENERAL_PER_SECOND,
    PAGE,
    TELEPHONY_AT_ONCE,
    TELEPHONY_PACE,
)
from kommutator.connectors.crm.retailcrm.schemas import json_field
from kommutator.connectors.refusing import in_turn, refused
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.outcome import Budget, Exchange
from kommutator.domain.refusal import Judgement
from kommutator.kit.describe import describe_answer, describe_request, describe_silence
from kommutator.kit.errors import Stage
from kommutator.kit.http import Answer, HttpClient, Pairs, WireError
from kommutator.kit.plain_json import as_map, as_text, maps_in, read_json

Turn = Callable[[Sequence[Budget]], Awaitable[None]]
"""Waits until one request may leave under all these budgets; `TooMany` if that is too long."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The vendor did what was asked."""

    body: Mapping[str, Any]
    exchange: Exchange

    @property
    def id(self) -> str | None:
        return as_text(self.body.get("id"))


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    params: Pairs = ()
    form: Pairs | None = None

    @property
    def telephony(self) -> bool:
        return self.path.startswith("/api/v5/telephony/")

    @property
    def writing(self) -> bool:
        return self.method != "GET"


def budgets_of(account: Account, egress: str, *, telephony: bool) -> tuple[Budget, ...]:
    """What one request draws from: the vendor's limit per our address, and the tenant's own.

    The vendor counts by IP address, so all tenants behind one `egress` share the first one.
    """
    place = f"retailcrm:{egress}:{urlsplit(account.base_url).netloc}"
    shared = (
        Budget(f"{place}:telephony", TELEPHONY_PACE, TELEPHONY_AT_ONCE)
        if telephony
        else Budget(f"{place}:general", GENERAL_PER_SECOND)
    )
    own = account.config.get("requests_per_second")
    if not isinstance(own, int | float) or isinstance(own, bool) or own <= 0:
        return (shared,)
    if not telephony and own >= shared.rate:
        return (shared,)
    return (shared, Budget(key=f"retailcrm:account:{account.connection_id}", rate=float(own)))


class RetailCrmClient:
    """Bound to one account.

    `last_exchange` is what went over the wire last, whatever came of it.

    Args:
        turn: asked before every request except the first one of a prepaid call (see `prepaid`).
        prepaid: requests whose budget the caller has already drawn.
    """

    def __init__(
        self,
        http: HttpClient,
        account: Account,
        *,
        turn: Turn,
        egress: str,
        timeout_s: float,
        prepaid: int = 0,
    ) -> None:
        self._http = http
        self._account = account
        self._turn = turn
        self._egress = egress
        self._timeout_s = timeout_s
        self._prepaid = prepaid
        self._secrets = tuple(account.secrets.values())
        self.last_exchange = Exchange()

    # --- the key and the account ---------------------------------------------------------

    async def credentials(self) -> schemas.Credentials:
        return schemas.read_credentials((await self._get("/api/credentials")).body)

    async def settings(self) -> Mapping[str, Any]:
        return as_map((await self._get("/api/v5/settings")).body.get("settings"))

    async def sites(self) -> Mapping[str, Any]:
        """Code → shop, not paged."""
        return as_map((await self._get("/api/v5/reference/sites")).body.get("sites"))

    async def users(self, page: int) -> tuple[list[schemas.User], schemas.Page]:
        body = (await self._get("/api/v5/users", _paged(page))).body
        return schemas.read_users(body), schemas.read_page(body)

    async def set_user_status(self, user_id: str, status: str) -> Reply:
        return await self._post(f"/api/v5/users/{_part(user_id)}/status", [("status", status)])

    # --- the module ----------------------------------------------------------------------

    async def module(self, code: str) -> schemas.Module:
        """Raises `RetailCrmError` of kind GONE while the module does not exist."""
        return schemas.read_module((await self._get(_module(code))).body)

    async def edit_module(self, code: str, module: Mapping[str, Any]) -> Reply:
        """Create or update. Lists and objects inside are replaced wholesale."""
        form = [("integrationModule", json_field(module))]
        return await self._post(f"{_module(code)}/edit", form)

    # --- telephony -----------------------------------------------------------------------

    async def call_event(self, event: Mapping[str, Any]) -> Reply:
        return await self._post("/api/v5/telephony/call/event", [("event", json_field(event))])

    async def upload_calls(self, calls: Sequence[Mapping[str, Any]]) -> Reply:
        """At most 50; the vendor knows a call again by its `externalId`."""
        return await self._post("/api/v5/telephony/calls/upload", [("calls", json_field(calls))])

    async def lookup(self, phone: str) -> schemas.Lookup:
        """The client and the responsible manager, whatever the manager's status."""
        params = [("phone", phone), ("details", "1"), ("ignoreStatus", "1")]
        return schemas.read_lookup((await self._get("/api/v5/telephony/manager", params)).body)

    # --- customers, orders, tasks --------------------------------------------------------

    async def customers(self, text: str) -> list[schemas.Customer]:
        """By name or phone: the vendor's one search for both. First page."""
        params = [("filter[name]", text), *_paged(1)]
        return schemas.read_customers((await self._get("/api/v5/customers", params)).body)

    async def customer_page(self, page: int) -> tuple[list[schemas.Customer], schemas.Page]:
        """Everybody, newest first; shops the key may not see are left out by the vendor."""
        body = (await self._get("/api/v5/customers", _paged(page))).body
        return schemas.read_customers(body), schemas.read_page(body)

    async def create_customer(self, customer: Mapping[str, Any], site: str | None) -> Reply:
        return await self._create("customers", "customer", customer, site)

    async def orders(self, customer: str, page: int) -> tuple[list[Any], schemas.Page]:
        """Orders whose customer has this name or phone, newest first."""
        body = (
            await self._get("/api/v5/orders", [("filter[customer]", customer), *_paged(page)])
        ).body
        return list(maps_in(body.get("orders"))), schemas.read_page(body)

    async def create_order(self, order: Mapping[str, Any], site: str | None) -> Reply:
        return await self._create("orders", "order", order, site)

    async def tasks(self, filters: Pairs, page: int) -> tuple[list[Any], schemas.Page]:
        body = (await self._get("/api/v5/tasks", [*filters, *_paged(page)])).body
        return list(maps_in(body.get("tasks"))), schemas.read_page(body)

    async def create_task(self, task: Mapping[str, Any], site: str | None) -> Reply:
        return await self._create("tasks", "task", task, site)

    async def create_note(self, customer_id: str, text: str, site: str | None) -> Reply:
        note = {"text": text, "customer": {"id": int(customer_id)}}
        return await self._create("customers/notes", "note", note, site)

    async def delete_note(self, note_id: str) -> Reply:
        return await self._post(f"/api/v5/customers/notes/{_part(note_id)}/delete", [])

    # --- one request ---------------------------------------------------------------------

    async def _create(
        self, room: str, name: str, entity: Mapping[str, Any], site: str | None
    ) -> Reply:
        form = [(name, json_field(entity))]
        if site:
            form.append(("site", site))
        return await self._post(f"/api/v5/{room}/create", form)

    async def _get(self, path: str, params: Pairs = ()) -> Reply:
        return await self._send(_Request("GET", path, params=params))

    async def _post(self, path: str, form: Pairs) -> Reply:
        return await self._send(_Request("POST", path, form=form))

    async def _send(self, request: _Request) -> Reply:
        await self._take_turn(request)
        sent = describe_request(
            request.method,
            request.path,
            params=request.params,
            form=request.form or (),
            secrets=self._secrets,
        )
        try:
            answer = await self._http.request(
                request.method,
                f"{self._account.base_url}{request.path}",
                headers={"X-API-KEY": self._account.secrets.get("api_key", "")},
                params=request.params,
                form=request.form,
                timeout_s=self._timeout_s,
                vendor=ConnectionKind.RETAILCRM,
            )
        except WireError as error:
            exchange = self.last_exchange = Exchange(sent, describe_silence(error))
            judgement = judge_silence(error, writing=request.writing)
            raise self._refusal(judgement, exchange, error.stage, error.status) from error
        return self._judged(request, sent, answer)

    async def _take_turn(self, request: _Request) -> None:
        if self._prepaid > 0:
            self._prepaid -= 1
            return
        await in_turn(
            self._turn,
            budgets_of(self._account, self._egress, telephony=request.telephony),
            RetailCrmError,
            words="too many requests are waiting for this address",
            hint="budget_spent",
        )

    def _judged(self, request: _Request, sent: dict[str, Any], answer: Answer) -> Reply:
        exchange = Exchange(sent, describe_answer(answer, self._secrets), answer.duration_ms)
        self.last_exchange = exchange
        judgement = judge(answer, writing=request.writing)
        if judgement is not None:
            raise self._refusal(judgement, exchange, Stage.ANSWERED, answer.status)
        return Reply(as_map(read_json(answer.body)), exchange)

    def _refusal(
        self, judgement: Judgement, exchange: Exchange, stage: Stage, status: int | None
    ) -> RetailCrmError:
        return refused(RetailCrmError, judgement, exchange, self._secrets, stage, status)


def _paged(page: int) -> list[tuple[str, str]]:
    return [("limit", str(PAGE)), ("page", str(page))]


def _module(code: str) -> str:
    return f"/api/v5/integration-modules/{_part(code)}"


def _part(text: str) -> str:
    """One path segment; ids come from the vendor and are not to be trusted with a slash."""
    return quote(text, safe="")
