"""The salon as YClients holds it: implements `domain.salon.ports.SalonReader`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from kommutator.connectors.crm.yclients.client import YClientsClient, YClientsClients
from kommutator.connectors.crm.yclients.errors import YClientsError
from kommutator.connectors.crm.yclients.manifest import (
    BULK_TIMEOUT_S,
    CLIENTS_PAGE,
    RECORDS_PAGE,
    TIMEOUT_S,
)
from kommutator.connectors.crm.yclients.permissions import read_rights
from kommutator.connectors.crm.yclients.records import read_visit
from kommutator.connectors.crm.yclients.schemas import (
    read_category,
    read_client,
    read_days,
    read_salon,
    read_service,
    read_staff,
)
from kommutator.connectors.crm.yclients.values import as_day, as_flag, as_hour, as_id, as_int
from kommutator.connectors.crm.yclients.wire import Reply, pairs_of
from kommutator.domain.connection import Account
from kommutator.domain.salon.booking import Start
from kommutator.domain.salon.facts import (
    Category,
    Salon,
    SalonClient,
    Service,
    StaffMember,
    Visit,
    WorkDay,
)
from kommutator.domain.salon.ports import ClientPage, Licence, Rights, VisitPage, VisitQuery
from kommutator.kit.errors import ErrorKind
from kommutator.kit.phones import national_digits

Row = TypeVar("Row")
_AT_ONCE = 10  # clients whose number ends alike


def salon_of(account: Account) -> int:
    """The branch's id at the vendor.

    Raises:
        YClientsError: the connection names none.
    """
    salon = as_id(account.config.get("salon_id")) or as_id(account.account_key)
    if salon is None:
        raise YClientsError(
            ErrorKind.ACCESS_REVOKED, "the connection names no salon", hint="yclients_salon_gone"
        )
    return salon


def region_of(account: Account) -> str:
    """Whose national numbers the salon's cards may hold."""
    region = account.config.get("region")
    return region if isinstance(region, str) and region else "RU"


class YClientsReader:
    """Each method says how many requests it takes, if more than one. Raises `YClientsError`."""

    def __init__(self, clients: YClientsClients) -> None:
        self._clients = clients

    async def salon(self, account: Account, *, background: bool = False) -> Salon:
        """Two requests: the branch and its settings of online booking."""
        client, salon = self._client(account, background=background), salon_of(account)
        reply = await client.get(f"/company/{salon}", pairs_of(my=1))
        online = await _unless_denied(client, f"/company/{salon}/settings/online")
        found = read_salon(reply.map, online, account.time_zone)
        if found is None:
            raise _garbled(reply, "no salon in the answer")
        return found

    async def rights(self, account: Account) -> Rights:
        salon = salon_of(account)
        return read_rights((await self._clients.of(account).get(f"/user/permissions/{salon}")).map)

    async def licence(self, account: Account) -> Licence:
        """Also where the vendor refuses to tell because it is over."""
        try:
            reply = await self._clients.of(account).get(f"/license/{salon_of(account)}")
        except YClientsError as error:
            if error.hint != "yclients_licence_over":
                raise
            return Licence(active=False)
        told = reply.map
        return Licence(
            active=as_flag(told.get("active")),
            until=as_day(told.get("deactivation_date")),
            staff_limit=as_int(told.get("staff_limit")),
        )

    async def categories(self, account: Account, *, background: bool = False) -> Sequence[Category]:
        reply = await self._list(account, "service_categories", background=background)
        return _all(read_category, reply.rows)

    async def services(self, account: Account, *, background: bool = False) -> Sequence[Service]:
        reply = await self._list(account, "services", background=background)
        return _all(read_service, reply.rows)

    async def staff(self, account: Account, *, background: bool = False) -> Sequence[StaffMember]:
        reply = await self._list(account, "staff", background=background)
        return _all(read_staff, reply.rows)

    async def schedule(
        self, account: Account, first: date, last: date, *, background: bool = False
    ) -> Sequence[WorkDay]:
        days = pairs_of(start_date=first, end_date=last, include=("busy_intervals",))
        path = f"/company/{salon_of(account)}/staff/schedule"
        reply = await self._client(account, background=background).get(path, days)
        return read_days(reply.rows)

    async def visits(
        self, account: Account, query: VisitQuery, *, background: bool = False
    ) -> VisitPage:
        """`more` is right also where the vendor gives smaller pages than it was asked for."""
        limit = min(max(query.limit, 1), RECORDS_PAGE)
        params = pairs_of(
            page=query.page,
            count=limit,
            start_date=query.days_from,
            end_date=query.days_to,
            staff_id=query.staff_id,
            client_id=query.client_id,
            changed_after=_changed(query.changed_from),
            with_deleted=1 if query.deleted else None,
        )
        client = self._client(account, background=background)
        reply = await client.get(f"/records/{salon_of(account)}", params)
        region = region_of(account)
        visits = _all(lambda item: read_visit(item, region), reply.rows)
        total, more = _paging(reply, query.page, limit)
        return VisitPage(visits, total, more)

    async def visit(
        self, account: Account, record_id: int, *, background: bool = False
    ) -> Visit | None:
        client = self._client(account, background=background)
        item = await _found(client, f"/record/{salon_of(account)}/{record_id}")
        if item is None:
            return None
        visit = read_visit(item, region_of(account))
        if visit is None:  # it is there: None would have it told as cancelled
            raise YClientsError(ErrorKind.REJECTED, "this record cannot be read")
        return visit

    async def clients(
        self,
        account: Account,
        page: int,
        *,
        changed_from: datetime | None = None,
        background: bool = False,
    ) -> ClientPage:
        """Whole cards, 200 a page: the search shows neither opt-outs nor when a card changed."""
        params = pairs_of(page=page, count=CLIENTS_PAGE, changed_after=_changed(changed_from))
        client = self._client(account, background=background)
        reply = await client.get(f"/clients/{salon_of(account)}", params)
        region = region_of(account)
        cards = _all(lambda item: read_client(item, region), reply.rows)
        total, more = _paging(reply, page, CLIENTS_PAGE)
        return ClientPage(cards, total, more)

    async def client(
        self, account: Account, client_id: int, *, background: bool = False
    ) -> SalonClient | None:
        client = self._client(account, background=background)
        item = await _found(client, f"/client/{salon_of(account)}/{client_id}")
        return None if item is None else read_client(item, region_of(account))

    async def clients_by_phone(self, account: Account, phone: str) -> Sequence[SalonClient]:
        """One request, and one for each card found.

        The vendor searches parts of names, numbers and addresses; every find is compared.
        """
        wanted = {
            "page": 1,
            "page_size": _AT_ONCE,
            "fields": ["id", "name", "phone"],
            "filters": [{"type": "quick_search", "state": {"value": national_digits(phone)}}],
        }
        path = f"/company/{salon_of(account)}/clients/search"
        reply = await self._clients.of(account).search(path, wanted)
        found = []
        for row in reply.rows:
            hit = read_client(row, region_of(account))
            if hit is None or hit.phone != phone:
                continue
            card = await self.client(account, hit.id)
            if card is not None:
                found.append(card)
        return found

    async def starts(
        self, account: Account, staff_id: int, day: date, service_ids: Sequence[int]
    ) -> Sequence[Start]:
        """By the partner alone, as clients who book online see it."""
        path = f"/book_times/{salon_of(account)}/{staff_id}/{day.isoformat()}"
        params = pairs_of(service_ids=tuple(service_ids))
        reply = await self._clients.of(account).get(path, params, user=False)
        return [
            Start(staff_id, datetime.combine(day, at), as_int(row.get("seance_length")) or 0)
            for row in reply.rows
            if (at := as_hour(row.get("time"))) is not None
        ]

    def _client(self, account: Account, *, background: bool) -> YClientsClient:
        timeout_s = BULK_TIMEOUT_S if background else TIMEOUT_S
        return self._clients.of(account, background=background, timeout_s=timeout_s)

    async def _list(self, account: Account, room: str, *, background: bool) -> Reply:
        client = self._client(account, background=background)
        return await client.get(f"/company/{salon_of(account)}/{room}")


def _all(
    read: Callable[[Mapping[str, Any]], Row | None], rows: Iterable[Mapping[str, Any]]
) -> list[Row]:
    return [found for row in rows if (found := read(row)) is not None]


def _changed(at: datetime | None) -> str | None:
    return None if at is None else at.replace(tzinfo=None).isoformat(timespec="seconds")


def _paging(reply: Reply, page: int, limit: int) -> tuple[int, bool]:
    """How many there are, and whether there is a page after this one.

    How large a page may be is not told: a short one that is not the last by count shows the size
    of the vendor's own pages.
    """
    here, total = len(reply.rows), reply.total
    if total is None:
        return (page - 1) * limit + here, here >= limit
    if here == 0 or (page - 1) * limit + here == total:
        return total, False
    return total, page * here < total


async def _found(client: YClientsClient, path: str) -> dict[str, Any] | None:
    """One thing; None where the vendor has it no longer."""
    try:
        reply = await client.get(path)
    except YClientsError as error:
        if error.kind is ErrorKind.GONE and error.hint != "yclients_salon_gone":
            return None
        raise
    return reply.map or None


async def _unless_denied(client: YClientsClient, path: str) -> dict[str, Any]:
    """A fact worth having, but not worth failing for where our user may not see it."""
    try:
        return (await client.get(path, quiet=True)).map
    except YClientsError as error:
        if error.hint in ("yclients_rights", "yclients_gone", "yclients_method_unknown"):
            return {}
        raise


def _garbled(reply: Reply, words: str) -> YClientsError:
    return YClientsError(ErrorKind.TRANSIENT, words, exchange=reply.exchange)
