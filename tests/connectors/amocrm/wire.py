"""A wire with the vendor's answers on it, in order; keeps what was asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from kommutator.connectors.crm.amocrm.client import AmoCrmClients
from kommutator.connectors.crm.amocrm.writes import AmoCrmDelivery
from kommutator.domain.commands import Command
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.oauth import Access
from kommutator.domain.outcome import Budget
from kommutator.domain.ports import Due
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.clock import SystemClock
from kommutator.kit.errors import Stage
from kommutator.kit.http import Answer, WireError

AT = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
BASE = "https://example.amocrm.ru"
NOTHING: tuple[int, Any] = (204, None)


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    params: Sequence[tuple[str, str]]
    body: Any

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Wire:
    """Stands in for `HttpClient`.

    Args:
        answers: (status, body) or an error, in order; none left: the test has forgotten one.
    """

    answers: list[tuple[int, Any] | WireError]
    asked: list[Asked] = field(default_factory=list)

    async def request(
        self,
        method: str,
        url: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        **_: Any,
    ) -> Answer:
        path = urlsplit(url).path
        self.asked.append(Asked(method, path, params, None if body is None else json.loads(body)))
        answer = self.answers.pop(0)
        if isinstance(answer, WireError):
            raise answer
        status, said = answer
        raw = said.encode() if isinstance(said, str) else json.dumps(said).encode()
        return Answer(status, {}, b"" if said is None else raw, 1.0)

    @property
    def lines(self) -> list[str]:
        return [asked.line for asked in self.asked]


class NoWait:
    """For tests that are not about pace."""

    async def __call__(self, budgets: Sequence[Budget]) -> None: ...
    async def hold(self, budgets: Sequence[Budget], seconds: float) -> None: ...
    async def late(self, budgets: Sequence[Budget], seconds: float) -> None: ...


class OneToken:
    async def access(self, account: Account) -> Access:
        return Access("token-of-the-test", 1, account.base_url)

    async def renewed(self, account: Account, stale: Access) -> Access:  # noqa: ARG002  the same
        return await self.access(account)


def delivery_over(wire: Wire) -> AmoCrmDelivery:
    http: Any = wire
    clients = AmoCrmClients(http, access=OneToken(), turn=NoWait())
    return AmoCrmDelivery(clients, clock=SystemClock())


def account(**config: Any) -> Account:
    return Account(
        enterprise=EnterpriseNumber("0367"),
        connection_id=UUID(int=7),
        kind=ConnectionKind.AMOCRM,
        name="amoCRM",
        base_url=BASE,
        status=ConnectionStatus.ACTIVE,
        config={"user_extensions": {"11": "150", "12": "151"}} | config,
        secrets={},
    )


def due(command: Command, number: int = 1, **changes: Any) -> Due:
    plain: dict[str, Any] = {"attempt": 1, "unsure": False, "created_at": AT}
    return Due(id=number, key=f"k{number}", command=command, **plain | changes)


def lost() -> WireError:
    return WireError(Stage.SENT, "timeout")


def made(name: str, *numbers: int) -> tuple[int, Any]:
    rows = [{"id": n, "request_id": str(at)} for at, n in enumerate(numbers)]
    return 200, {"_embedded": {name: rows}}


def listed(name: str, *rows: dict[str, Any]) -> tuple[int, Any]:
    return (200, {"_embedded": {name: list(rows)}, "_links": {}}) if rows else NOTHING


def calls_answer(written: dict[str, int], unfound: Sequence[str] = ()) -> tuple[int, Any]:
    """As /calls answers: 200 for some, 400 for none; see samples/amocrm/errors."""
    rows = [{"id": n, "entity_id": 1, "request_id": r} for r, n in written.items()]
    errors = [{"title": "Entity not found", "status": 263, "request_id": r} for r in unfound]
    body = {"_total_items": len(rows), "errors": errors, "_embedded": {"calls": rows}}
    return (200 if rows else 400), body


def refusal(*guilty: str) -> tuple[int, Any]:
    faults = [{"code": "InvalidType", "path": "phone", "detail": "not a phone"}]
    return 400, {
        "validation-errors": [{"request_id": r, "errors": faults} for r in guilty],
        "title": "Bad Request",
        "status": 400,
        "detail": "Request validation failed",
    }


def contact(number: int, phone: str, *, owner: int | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": "Иван",
        "responsible_user_id": owner,
        "updated_at": 1,
        "custom_fields_values": [{"field_code": "PHONE", "values": [{"value": phone}]}],
        "_embedded": {"leads": []},
        **more,
    }
