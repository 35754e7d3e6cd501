"""Reviews of the branch and its staff, also by the link a client gets after a visit (§1.7)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kommutator.twins.yclients.call import Call, Route, number
from kommutator.twins.yclients.company import Company
from kommutator.twins.yclients.local_time import read_day
from kommutator.twins.yclients.replies import (
    NOT_FOUND,
    Answer,
    Refusal,
    invalid,
    no_staff,
)
from kommutator.twins.yclients.rows import Record, Review
from kommutator.twins.yclients.show_record import staff_in_record
from kommutator.twins.yclients.show_salon import LOGO

Json = dict[str, Any]

OF_BRANCH, OF_STAFF = 0, 1
LOWEST, HIGHEST = 1, 5
PER_PAGE = 20


def reviews(call: Call) -> Answer:
    """`GET /comments/{c}?start_date&end_date&staff_id&rating&page&count`, newest first."""
    company = call.company
    first, last = (read_day(call.word(name)) for name in ("start_date", "end_date"))
    staff_id, rating = call.whole("staff_id", 0), call.whole("rating", 0)
    rows = []
    for one in reversed(company.reviews):
        day = datetime.fromtimestamp(one.at, company.zone).date()
        in_time = (first is None or day >= first) and (last is None or day <= last)
        if in_time and staff_id in (0, one.master_id) and rating in (0, one.rating):
            rows.append(one)
    size, page = max(1, call.whole("count", PER_PAGE)), max(1, call.whole("page", 1))
    shown = rows[(page - 1) * size : page * size]
    return Answer([_row(one, noisy=call.switches.type_noise) for one in shown])


def add_review(call: Call) -> Answer:
    """`POST /comments/{c}/{staff} {mark, text, name}`."""
    body, staff = call.item(), call.staff(call.id("staff"))
    if staff is None:
        raise no_staff(call.args["staff"], call.company.id)
    review = _new(
        call,
        call.company,
        staff.id,
        body.get("mark"),
        str(body.get("text") or ""),
        str(body.get("name") or ""),
    )
    return Answer(_row(review, noisy=call.switches.type_noise), status=201)


def review_form(call: Call) -> Answer:
    """`GET /master_record_review/{token}`: the form of a record's review link."""
    company, record = _by_token(call)
    staff = staff_in_record(company.staff.get(record.staff_id), record.staff_id)
    cost = sum(line.cost for line in record.services)
    return Answer(
        {
            "favicon_url": "https://www.yclients.com/favicon.png",
            "is_review_submitted": _submitted(company, record),
            "page_title": "Оставить отзыв",
            "master": staff | {"company_id": company.id, "show_rating": 1, "prepaid": "forbidden"},
            "company": {
                "id": company.id,
                "title": company.title,
                "logo": LOGO,
                "address": company.address,
            },
            "tips": [],
            "record": {
                "id": record.id,
                "payed_cost": f"{cost:g}",
                "date": company.moment(record.start).strftime("%Y-%m-%dT%H:%M:%S%z"),
            },
            "currency": {
                "id": 1,
                "iso": "RUB",
                "name": "Russian Ruble",
                "symbol": "₽",
                "is_symbol_after_amount": True,
            },
            "agreement_links": {
                "terms_of_use": "https://www.yclients.com/info/terms-of-use-review-tips",
                "confidentiality_agreement": "https://www.yclients.com/info/confidential",
            },
            "language": {"id": 1, "locale": "ru-RU", "iso": "ru"},
        }
    )


def submit_review(call: Call) -> Answer:
    """`POST /master_record_review/{token} {rating, text, …}`: once per record."""
    company, record = _by_token(call)
    body = call.item()
    if _submitted(company, record):
        raise Refusal(422, "Отзыв уже оставлен")
    client = company.clients.get(record.client_id or 0)
    _new(
        call,
        company,
        record.staff_id,
        body.get("rating"),
        str(body.get("text") or ""),
        client.name if client else "",
        record_id=record.id,
    )
    record.review_requested = 1
    return Answer({"charge": {"url": ""}})


def _new(
    call: Call,
    company: Company,
    staff_id: int,
    mark: Any,
    text: str,
    name: str,
    *,
    record_id: int = 0,
) -> Review:
    rating = number(mark)
    if not LOWEST <= rating <= HIGHEST:
        raise invalid(mark="Недопустимое значение")
    review = Review(
        id=call.world.next_id("review"),
        type=OF_STAFF,
        master_id=staff_id,
        text=text,
        rating=rating,
        user_id=call.user.id if call.user else 0,
        user_name=name,
        at=call.world.now(),
        record_id=record_id,
    )
    company.reviews.append(review)
    call.world.core.bell.ring()
    return review


def _submitted(company: Company, record: Record) -> bool:
    return any(one.record_id == record.id for one in company.reviews)


def _by_token(call: Call) -> tuple[Company, Record]:
    token = call.args["token"]
    for company in call.world.companies.values():
        for record in company.records.values():
            if token in (record.hash, record.hash[:8]):
                return company, record
    raise Refusal(404, NOT_FOUND)


def _row(one: Review, *, noisy: bool) -> Json:
    def word(value: int) -> str | int:
        return str(value) if noisy else value

    return {
        "id": word(one.id),
        "type": word(one.type),
        "master_id": word(one.master_id),
        "text": one.text,
        "date": int(one.at),
        "rating": word(one.rating),
        "user_id": word(one.user_id),
        "user_name": one.user_name,
        "user_avatar": "/images/no-master.png",
        "record_id": one.record_id,
    }


_FORM = "/api/v1/master_record_review/{token}"
ROUTES = (
    Route("GET", "/api/v1/comments/{company}", reviews, user=True, licence=403),
    Route("POST", "/api/v1/comments/{company}/{staff}", add_review, licence=403),
    Route("GET", _FORM, review_form),
    Route("POST", _FORM, submit_review),
)
