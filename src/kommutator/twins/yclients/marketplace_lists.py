"""`/marketplace/application/…`: salons, tariffs and the link to pay by (§1.11)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from kommutator.twins.yclients.call import Call, Route
from kommutator.twins.yclients.market_read import application_of, salon_of
from kommutator.twins.yclients.replies import SOMETHING_WRONG, Answer, invalid
from kommutator.twins.yclients.show_salon import company_row
from kommutator.twins.yclients.signing import sign

Json = dict[str, Any]

MOST_PER_PAGE = 1000


def salons(call: Call) -> Answer:
    """`GET /marketplace/application/{application}/salons?page&count`: ids are texts."""
    application = application_of(call, call.args["application"])
    found = [
        call.world.companies[one.salon_id]
        for one in call.world.outside.market.connections(application)
        if one.installed
    ]
    count, page = call.whole("count", MOST_PER_PAGE), call.whole("page", 1)
    if not 1 <= count <= MOST_PER_PAGE:
        raise invalid(count="Не больше 1000")
    begin = (max(page, 1) - 1) * count
    rows = [company_row(call.world, company) for company in found[begin : begin + count]]
    return Answer(rows, {})


def tariffs(call: Call) -> Answer:
    """`GET /marketplace/application/{application}/tariffs`."""
    return Answer(application_of(call, call.args["application"]).tariffs)


def payment_link(call: Call) -> Answer:
    """`GET /marketplace/application/payment_link?salon_id&application_id&discount`."""
    application = application_of(call, call.word("application_id"))
    salon_id = salon_of(call, call.word("salon_id"))
    if not application.tariffs:
        # Seen live: neither success nor data.
        return Answer({"meta": {"message": SOMETHING_WRONG}}, status=404, bare=True)
    query = {
        "salon_id": salon_id,
        "application_id": application.id,
        "discount": call.word("discount") or application.discounts.get(salon_id, 0),
        "source": "api",
    }
    text = urlencode(query)
    signature = sign(call.world.standing.partner_token, text.encode())
    base = call.world.core.base_url
    return Answer({"url": f"{base}/appstore/payment/?{text}&sign={signature}"})


ROUTES = (
    Route("GET", "/marketplace/application/{application}/salons", salons),
    Route("GET", "/marketplace/application/{application}/tariffs", tariffs),
    Route("GET", "/marketplace/application/payment_link", payment_link),
)
