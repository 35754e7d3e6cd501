"""`/marketplace/…`: what a partner does about its application in salons (§1.11)."""

from __future__ import annotations

from typing import Any

from kommutator.twins.yclients.applications import (
    ACTIVE,
    BY_PARTNER,
    CHANNELS,
    PENDING,
    UNINSTALLED,
    Application,
    Connection,
)
from kommutator.twins.yclients.call import Call, Route
from kommutator.twins.yclients.market_read import (
    a_list_of_texts,
    application_of,
    connection_of,
    moment_of,
    money_of,
    not_installed,
    salon_of,
)
from kommutator.twins.yclients.replies import Answer, Refusal, invalid

Json = dict[str, Any]

ALREADY = "Пользователь уже установил это приложение."
MOST_SHORT_NAMES = 20
DONE = Answer(None, {}, 200)
CREATED = Answer(None, {}, 201)


def callback(call: Call) -> Answer:
    """`POST /marketplace/partner/callback`: the partner has registered the salon."""
    _activate(call, channels=True)
    return CREATED


def callback_redirect(call: Call) -> Answer:
    """`POST …/callback/redirect`: the same, and the browser is sent back to the cabinet."""
    connection = _activate(call, channels=False)
    base = call.world.core.base_url
    where = f"{base}/appstore/{connection.salon_id}/{connection.application_id}"
    status = call.switches.callback_redirect_status
    return Answer(None, {}, status, headers={"Location": where})


def payment(call: Call) -> Answer:
    """`POST …/partner/payment`: the salon has paid the partner."""
    body = call.item()
    application, connection = _installed(call, body)
    currency = body.get("currency_iso")
    if not (isinstance(currency, str) and len(currency) == 3):  # noqa: PLR2004  as in RUB
        raise invalid(currency_iso="Необходимо указать валюту")
    row = {
        "payment_sum": money_of(body, "payment_sum"),
        "currency_iso": currency,
        **{name: moment_of(body, name) for name in ("payment_date", "period_from", "period_to")},
    }
    paid = call.world.outside.market.pay(application, connection.salon_id, row, BY_PARTNER)
    return Answer({"id": paid["id"]})


def refund(call: Call) -> Answer:
    """`POST …/partner/payment/refund/{payment}`."""
    found = call.world.outside.market.payment(call.id("payment"))
    if found is None:
        raise Refusal(404, "Платеж не найден")
    found["is_refunded"] = True
    return DONE


def short_names(call: Call) -> Answer:
    """`POST …/partner/short_names`: names a message may come from."""
    body = call.item()
    _, connection = _installed(call, body)
    names = a_list_of_texts(body, "short_names")
    if not 1 <= len(names) <= MOST_SHORT_NAMES:
        raise invalid(short_names="Допустимо от 1 до 20 имен")
    connection.short_names = names
    return CREATED


def status(call: Call) -> Answer:
    """`GET /marketplace/salon/{salon}/application/{application}`."""
    application = application_of(call, call.args["application"])
    connection = connection_of(call, application, call.args["salon"])
    return Answer(
        {
            "logs": list(connection.logs),
            "payments": list(connection.payments),
            "connection_status": {
                "status": connection.status,
                "created_at": connection.created_at,
            },
        }
    )


def uninstall(call: Call) -> Answer:
    """`POST /marketplace/salon/{salon}/application/{application}/uninstall`."""
    application = application_of(call, call.args["application"])
    connection = connection_of(call, application, call.args["salon"])
    market = call.world.outside.market
    market.turn(application, connection.salon_id, UNINSTALLED, BY_PARTNER)
    return DONE


def add_discount(call: Call) -> Answer:
    """`POST /marketplace/application/add_discount`."""
    body = call.item()
    application = application_of(call, body.get("application_id"))
    wanted = body.get("salon_ids")
    if not isinstance(wanted, list) or not wanted:
        raise invalid(salon_ids="Необходимо указать филиалы")
    salons = [salon_of(call, word) for word in wanted]
    share = money_of(body, "discount")
    if share > 100:  # noqa: PLR2004  percent
        raise invalid(discount="Скидка не больше 100")
    application.discounts.update(dict.fromkeys(salons, share))
    return DONE


def update_channel(call: Call) -> Answer:
    """`POST /marketplace/application/update_channel`: a channel works, or works no longer."""
    body = call.item()
    _, connection = _installed(call, body)
    slug, there = body.get("channel_slug"), body.get("is_available")
    if slug not in CHANNELS or not isinstance(there, bool):
        raise invalid(channel_slug="Недопустимый канал")
    connection.channels[slug] = there
    outside = call.world.outside
    outside.reminders.company_changed(call.world.company(connection.salon_id))
    return DONE


def _activate(call: Call, *, channels: bool) -> Connection:
    body = call.item()
    application = application_of(call, body.get("application_id"))
    market = call.world.outside.market
    connection = market.connection(application, salon_of(call, body.get("salon_id")))
    if connection.installed:
        raise Refusal(call.switches.repeat_callback_status, ALREADY)
    connection = connection_of(call, application, connection.salon_id)
    urls = a_list_of_texts(body, "webhook_urls")
    slugs = a_list_of_texts(body, "channels") if channels else []
    if unknown := [slug for slug in slugs if slug not in CHANNELS]:
        raise invalid(channels=f"Недопустимый канал {unknown[0]}")
    key = body.get("api_key")
    connection.api_key = str(key) if key is not None else None
    connection.webhook_urls = urls
    connection.channels = dict.fromkeys(slugs, True)
    return market.turn(application, connection.salon_id, ACTIVE, BY_PARTNER)


def _installed(call: Call, body: Json) -> tuple[Application, Connection]:
    """The application in the salon that the body names.

    Raises:
        Refusal: 404, it is not installed there (a pending one is not yet).
    """
    application = application_of(call, body.get("application_id"))
    connection = connection_of(call, application, body.get("salon_id"))
    if connection.status == PENDING:
        raise not_installed()
    return application, connection


ROUTES = (
    Route("POST", "/marketplace/partner/callback", callback),
    Route("POST", "/marketplace/partner/callback/redirect", callback_redirect),
    Route("POST", "/marketplace/partner/payment", payment),
    Route("POST", "/marketplace/partner/payment/refund/{payment}", refund),
    Route("POST", "/marketplace/partner/short_names", short_names),
    Route("GET", "/marketplace/salon/{salon}/application/{application}", status),
    Route("POST", "/marketplace/salon/{salon}/application/{application}/uninstall", uninstall),
    Route("POST", "/marketplace/application/add_discount", add_discount),
    Route("POST", "/marketplace/application/update_channel", update_channel),
)
