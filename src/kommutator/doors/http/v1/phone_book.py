"""The phone book: who a number belongs to, and whose phone its calls should ring."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field

from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.paging import Cursor, Limit, Page, page_of, read_cursor
from kommutator.doors.http.v1.words import Body, ExtensionNumber, Found, Shown
from kommutator.flows.keep_book import Shown as Line
from kommutator.store.views import BookFilter
from kommutator.store.views.phone_book import place_of

router = APIRouter(prefix="/phone-book", tags=["phone book"])
Reader = Annotated[Tenant, Depends(demand(Permission.READ_CALLS))]
Admin = Annotated[Tenant, Depends(demand(Permission.CONFIGURE))]
Phone = Annotated[
    str, Path(pattern=r"^\+?[0-9]{5,15}$", description="International, with its country code.")
]


class EntryShown(Shown):
    phone: str
    known: bool | None = Field(description="The CRM has this client; null: nobody looked yet.")
    name: str | None
    customer_id: str | None
    links: dict[str, str] = Field(description="Into the CRM.")
    owner_user: str | None = Field(description="The responsible user's id in the CRM.")
    owner_code: str | None = Field(description="The extension that the CRM named for them.")
    crm_at: datetime | None = Field(description="When the CRM said so.")
    last_talker: str | None = Field(description="The extension that talked with them last.")
    last_talk_at: datetime | None
    pinned: str | None
    pinned_by: str | None
    wanted_at: datetime | None = Field(description="Since when the CRM is to be asked.")
    asked: str | None = Field(description="Who would be rung first; null: the PBX's own group.")
    asked_why: str = Field(description="Why, slug.")


class ReadShown(Shown):
    """How far the CRM's clients are read."""

    under_way: bool
    page: int = Field(description="The last page that was read; 0: none is being read.")
    pages: int
    clients: int
    started_at: datetime | None
    finished_at: datetime | None = Field(description="The end of the last whole read.")
    error: str | None = Field(description="What the CRM said when it was asked last.")
    error_hint: str | None = Field(description="What we know about it, slug.")
    due_at: datetime = Field(description="The next read, or the next try.")


class StateShown(Shown):
    numbers: int
    clients: int = Field(description="Numbers of clients of the CRM.")
    wanted: int = Field(description="Numbers that the CRM is to be asked for.")
    reads: list[ReadShown]


class PinBody(Body):
    pinned: ExtensionNumber | None = Field(description="An internal number; null: nobody.")


class RefreshBody(Body):
    phone: Found = Field(description="As people write it.")


class Wanted(Shown):
    """The CRM will be asked within seconds."""

    phone: str


@router.get("", summary="List or search the phone book")
async def list_phone_book(
    request: Request,
    tenant: Reader,
    *,
    q: Annotated[Found, Query(description="Part of a name, or digits of a number.")] = "",
    pinned: bool = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[EntryShown]:
    """Whoever talked last first."""
    after = read_cursor(cursor, tuple[datetime, str])
    lines = await house_of(request).phone_book.page(
        tenant.enterprise, BookFilter(q, pinned), after=after, limit=limit + 1
    )
    return page_of(lines, limit, _shown, lambda line: list(place_of(line.entry)))


@router.get("/read", summary="Show how far the CRM's clients are read")
async def show_phone_book_read(request: Request, tenant: Reader) -> StateShown:
    """Figures of the whole book, and each CRM's read."""
    state = await house_of(request).phone_book.state(tenant.enterprise)
    return StateShown(
        numbers=state.figures.numbers,
        clients=state.figures.clients,
        wanted=state.figures.wanted,
        reads=[ReadShown.model_validate(read) for read in state.reads],
    )


@router.post("/read", summary="Read all clients of the CRM now", status_code=202)
async def start_phone_book_read(request: Request, tenant: Admin) -> StateShown:
    """Runs beside the calls, at a fifth of what the CRM allows; one under way goes on."""
    await house_of(request).phone_book.read_all(tenant.actor, tenant.enterprise)
    return await show_phone_book_read(request, tenant)


@router.post("/refresh", summary="Ask the CRM about a number", status_code=202)
async def refresh_phone_book_entry(request: Request, body: RefreshBody, tenant: Admin) -> Wanted:
    """For hooks of an integrator, when a client changed."""
    phone = await house_of(request).phone_book.refresh(tenant.enterprise, body.phone)
    return Wanted(phone=phone)


@router.get("/{phone}", summary="Show a number")
async def show_phone_book_entry(request: Request, phone: Phone, tenant: Reader) -> EntryShown:
    """Who it is, and who would be rung."""
    return _shown(await house_of(request).phone_book.get(tenant.enterprise, _plus(phone)))


@router.put("/{phone}", summary="Pin an employee to a number, or unpin")
async def pin_phone_book_entry(
    request: Request, phone: Phone, body: PinBody, tenant: Admin
) -> EntryShown:
    """A pinned employee is rung first, whatever the CRM says. The number need not be known yet."""
    book = house_of(request).phone_book
    return _shown(await book.pin(tenant.actor, tenant.enterprise, _plus(phone), body.pinned))


@router.delete("/{phone}", summary="Forget a number", status_code=204)
async def delete_phone_book_entry(request: Request, phone: Phone, tenant: Admin) -> None:
    """What the CRM holds comes back with its next read."""
    await house_of(request).phone_book.forget(tenant.actor, tenant.enterprise, _plus(phone))


def _plus(phone: str) -> str:
    """A plus sign is easily lost in a URL."""
    return phone if phone.startswith("+") else f"+{phone}"


def _shown(line: Line) -> EntryShown:
    fields = {
        name: getattr(line.entry, name)
        for name in EntryShown.model_fields
        if not name.startswith("asked")
    }
    return EntryShown(**fields, asked=line.answer.extension, asked_why=line.answer.why)
