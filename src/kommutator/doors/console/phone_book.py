"""The phone book: who a number belongs to, whose phone its calls ring, how full the book is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import HTMLResponse

from kommutator.domain.tenancy import EnterpriseNumber, Permission
from kommutator.doors.console.render import go, page
from kommutator.doors.console.route_words import ShownRoute, explain_route
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.flows.keep_book import Shown
from kommutator.kit.given import on_calendar
from kommutator.store.phone_book import BookEntry
from kommutator.store.views import AccessViews, BookFilter
from kommutator.store.views.phone_book import Place, place_of

router = APIRouter(route_class=PageRoute, prefix="/phone-book")
Seen = Annotated[Visit, Depends(visit)]
_HERE = "/console/phone-book"
_PAGE = 50
# The caller is in the book, and nobody was asked in earnest.
_IN_THE_BOOK = {
    "route.group.nobody": "book.group",
    "route.group.unknown_caller": "book.group.nobody_known",
}
_MOST_LOOKS = 10  # a CRM that is down is not watched for ever


@dataclass(frozen=True, slots=True)
class Wanted:
    """The search as the form sends it."""

    q: str = ""
    pinned: str = ""

    def filter(self) -> BookFilter:
        return BookFilter(self.q[:200].replace("\x00", ""), bool(self.pinned))

    def query(self) -> dict[str, str]:
        return {name: value for name in ("q", "pinned") if (value := getattr(self, name))}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as the list shows it. `watch`: the CRM is being asked, look again soon."""

    entry: BookEntry
    route: ShownRoute
    talker: str
    watch: bool = False

    @property
    def link(self) -> str:
        """The client's card in the CRM; a vendor's text is a link only if it looks like one."""
        url = self.entry.links.get("customerLink", "")
        return url if url.startswith(("https://", "http://")) else ""


@router.get("")
async def phone_book_page(
    see: Seen, wanted: Annotated[Wanted, Depends()], before: str = "", part: str = ""
) -> HTMLResponse:
    enterprise = see.demand(Permission.READ_CALLS)
    book = see.house.phone_book
    found = await book.page(enterprise, wanted.filter(), after=_place(before), limit=_PAGE + 1)
    phones = await _phones(see, enterprise)
    more = ""
    if len(found) > _PAGE:
        at, phone = place_of(found[_PAGE - 1].entry)
        more = f"{_HERE}?" + urlencode({**wanted.query(), "before": f"{at.isoformat()}~{phone}"})
    return await page(
        see,
        "parts/book_rows.html" if part else "phone_book.html",
        lines=[_line(see, one, phones) for one in found[:_PAGE]],
        phones=phones,
        more=more,
        wanted=wanted,
        filtered=bool(wanted.query() or before),
        empty=not found and not wanted.query() and not before,
        book=None if part else await book.state(enterprise),
    )


@router.get("/state")
async def state_part(see: Seen, empty: bool = False) -> Response:  # noqa: FBT001, FBT002  a query
    """How full the book is; asked again while it fills. `empty`: the page has no list yet."""
    enterprise = see.demand(Permission.READ_CALLS)
    book = await see.house.phone_book.state(enterprise)
    if empty and book.figures.numbers:
        return Response(headers={"HX-Refresh": "true", "Cache-Control": "no-store"})
    return await page(see, "parts/book_state.html", book=book, empty=empty)


@router.get("/entry")
async def entry_part(see: Seen, phone: str, watched: int = 0) -> HTMLResponse:
    """One line, while the CRM is being asked about it."""
    enterprise = see.demand(Permission.READ_CALLS)
    return await _row(see, await see.house.phone_book.get(enterprise, phone), watched)


@router.post("/read")
async def read_all(see: Seen, empty: Annotated[str, Form()] = "") -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    await see.house.phone_book.read_all(see.actor, enterprise)
    return await state_part(see, bool(empty)) if _by_htmx(see) else go(_HERE)


@router.post("/pin")
async def pin(
    see: Seen, phone: Annotated[str, Form()], extension: Annotated[str, Form()] = ""
) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    shown = await see.house.phone_book.pin(see.actor, enterprise, phone, extension or None)
    return await _row(see, shown, None) if _by_htmx(see) else go(_HERE, done="saved")


@router.post("/refresh")
async def refresh(see: Seen, phone: Annotated[str, Form()]) -> Response:
    """Ask the CRM about this number now."""
    enterprise = see.demand(Permission.CONFIGURE)
    number = await see.house.phone_book.refresh(enterprise, phone)
    shown = await see.house.phone_book.get(enterprise, number)
    return await _row(see, shown, 0) if _by_htmx(see) else go(_HERE)


async def _row(see: Visit, shown: Shown, watched: int | None) -> HTMLResponse:
    enterprise = see.demand(Permission.READ_CALLS)
    phones = await _phones(see, enterprise)
    waiting = shown.entry.wanted_at is not None and watched is not None
    line = _line(see, shown, phones, watch=waiting and (watched or 0) < _MOST_LOOKS)
    return await page(
        see,
        "parts/book_rows.html",
        lines=[line],
        phones=phones,
        more="",
        wanted=Wanted(),
        watched=(watched or 0) + 1,
    )


def _line(
    see: Visit, shown: Shown, phones: Sequence[Mapping[str, Any]], *, watch: bool = False
) -> Line:
    holders = {row["phone_number"]: row["holder"] for row in phones}
    answer, talker = shown.answer, shown.entry.last_talker
    route = explain_route(
        extension=answer.extension,
        why=_IN_THE_BOOK.get(answer.why, answer.why),
        age_s=None,
        skipped=answer.skipped,
        remembered=False,
        holders=holders,
        say=partial(see.house.texts.first, see.locale),
        locale=see.locale,
    )
    holder = holders.get(talker or "")
    return Line(shown.entry, route, f"{talker} · {holder}" if holder else talker or "", watch)


async def _phones(see: Visit, enterprise: EnterpriseNumber) -> Sequence[Mapping[str, Any]]:
    async with see.house.db.unit() as unit:
        return await AccessViews(unit.connection).extensions(enterprise)


def _by_htmx(see: Visit) -> bool:
    return "HX-Request" in see.request.headers


def _place(text: str) -> Place | None:
    """The last line shown; whatever cannot be read begins anew."""
    moment, _, phone = text.partition("~")
    try:
        at = on_calendar(datetime.fromisoformat(moment))
    except ValueError:
        return None
    return (at, phone[:20]) if "\x00" not in phone else None
