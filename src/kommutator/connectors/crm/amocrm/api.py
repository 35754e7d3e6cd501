"""Reading amoCRM: cards, fields, pipelines, people, history, tasks, notes.

Lists have no totals: a page says only whether there is another. An empty list and an unknown id
are both a 204 without a body.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, TypeVar

from kommutator.connectors.crm.amocrm.client import AmoCrmClient, AmoCrmClients
from kommutator.connectors.crm.amocrm.errors import AmoCrmError
from kommutator.connectors.crm.amocrm.manifest import BULK_TIMEOUT_S, MAX_PAGES
from kommutator.connectors.crm.amocrm.oauth import ACCOUNT_WITH
from kommutator.connectors.crm.amocrm.queries import (
    Pair,
    entity_pairs,
    entity_with,
    event_pairs,
    page_pairs,
    task_pairs,
)
from kommutator.connectors.crm.amocrm.records import (
    read_account,
    read_event,
    read_note,
    read_task,
    read_user,
)
from kommutator.connectors.crm.amocrm.schemas import (
    read_entities,
    read_entity,
    read_field,
    read_pipeline,
)
from kommutator.domain.connection import Account
from kommutator.domain.crm_data import (
    CrmUser,
    Entity,
    EntityKind,
    EntityPage,
    EventPage,
    FieldSpec,
    NotePage,
    Pipeline,
    TaskPage,
)
from kommutator.domain.crm_ports import EntityQuery, EventQuery, TaskQuery
from kommutator.domain.oauth import AccountFacts
from kommutator.kit.errors import ErrorKind

T = TypeVar("T")


class AmoCrmReader:
    """Implements `domain.crm_ports.CrmReader`. Every method raises `VendorError`."""

    def __init__(self, clients: AmoCrmClients) -> None:
        self._clients = clients

    async def entities(self, account: Account, kind: EntityKind, query: EntityQuery) -> EntityPage:
        reply = await self._wide(account).get(f"/api/v4/{kind.value}", entity_pairs(kind, query))
        found = read_entities(kind, reply.embedded(kind.value), region_of(account))
        return EntityPage(found, reply.more and bool(found))

    async def entity(self, account: Account, kind: EntityKind, entity_id: int) -> Entity | None:
        path = f"/api/v4/{kind.value}/{entity_id}"
        reply = await self._clients.of(account).get(path, [entity_with(kind)])
        return read_entity(kind, reply.map, region_of(account))

    async def fields(self, account: Account, kind: EntityKind) -> Sequence[FieldSpec]:
        rows = _pages(self._wide(account), f"/api/v4/{kind.value}/custom_fields", "custom_fields")
        return [spec async for row in rows if (spec := read_field(kind, row)) is not None]

    async def pipelines(self, account: Account) -> Sequence[Pipeline]:
        """All of them with their stages; a page is never asked for: there are at most fifty."""
        reply = await self._clients.of(account).get("/api/v4/leads/pipelines")
        return _read(reply.embedded("pipelines"), read_pipeline)

    async def users(self, account: Account) -> Sequence[CrmUser]:
        """Refused with hint `amocrm_rights` to external integrations and to non-admins."""
        rows = _pages(
            self._wide(account), "/api/v4/users", "users", [("with", "group,phone_number")]
        )
        return [user async for row in rows if (user := read_user(row)) is not None]

    async def facts(self, account: Account) -> AccountFacts:
        """The account itself."""
        reply = await self._clients.of(account).get("/api/v4/account", [("with", ACCOUNT_WITH)])
        facts = read_account(reply.map)
        if facts is None:
            words = "no account in the answer"
            raise AmoCrmError(ErrorKind.TRANSIENT, words, exchange=reply.exchange)
        return facts

    async def events(self, account: Account, query: EventQuery) -> EventPage:
        reply = await self._wide(account).get("/api/v4/events", event_pairs(query))
        return EventPage(_read(reply.embedded("events"), read_event), reply.more)

    async def tasks(self, account: Account, query: TaskQuery) -> TaskPage:
        reply = await self._wide(account).get("/api/v4/tasks", task_pairs(query))
        return TaskPage(_read(reply.embedded("tasks"), read_task), reply.more)

    async def notes(
        self, account: Account, kind: EntityKind, entity_id: int, *, page: int = 1
    ) -> NotePage:
        path = f"/api/v4/{kind.value}/{entity_id}/notes"
        reply = await self._wide(account).get(path, page_pairs(page))
        return NotePage(
            _read(reply.embedded("notes"), lambda row: read_note(kind, row)), reply.more
        )

    def _wide(self, account: Account) -> AmoCrmClient:
        """A client for answers that may be long in coming."""
        return self._clients.of(account, timeout_s=BULK_TIMEOUT_S)


def region_of(account: Account) -> str:
    """Whose national numbers the cards hold.

    Whoever asks may know it from the tenant's PBX; else it is the account's own country, which
    the vendor has told when it was connected.
    """
    known = (account.config.get(key) for key in ("region", "country"))
    return next((name for name in known if isinstance(name, str) and name), "RU")


async def _pages(
    client: AmoCrmClient, path: str, name: str, pairs: Sequence[Pair] = ()
) -> AsyncIterator[dict[str, Any]]:
    """Every item of every page, as long as the vendor names a next one."""
    for number in range(1, MAX_PAGES + 1):
        reply = await client.get(path, [*pairs, *page_pairs(number)])
        rows = reply.embedded(name)
        for row in rows:
            yield row
        if not rows or not reply.more:
            return


def _read(
    rows: Sequence[Mapping[str, Any]], read: Callable[[Mapping[str, Any]], T | None]
) -> list[T]:
    return [found for row in rows if (found := read(row)) is not None]
