"""Reading what a partner sends about its application; refusals in the vendor's manner."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from kommutator.twins.yclients.applications import UNINSTALLED, Application, Connection
from kommutator.twins.yclients.call import Call, number
from kommutator.twins.yclients.replies import NO_BRANCH, TOO_FEW_RIGHTS, Refusal, invalid

Json = dict[str, Any]

MOMENT = "%Y-%m-%d %H:%M:%S"


def not_installed() -> Refusal:
    """404; the vendor's words are not known."""
    return Refusal(404, "Приложение не установлено в филиале.")


def application_of(call: Call, word: Any) -> Application:
    """The partner's application by its id.

    Raises:
        Refusal: 422 without an id, 404 for an unknown one, 403 for another partner's.
    """
    if number(word) <= 0:
        raise invalid(application_id="Необходимо указать приложение")
    found = call.world.outside.market.applications.get(number(word))
    if found is None:
        raise Refusal(404, "Приложение не найдено.")
    if found.partner_id != call.partner.id:
        raise Refusal(403, TOO_FEW_RIGHTS)
    return found


def salon_of(call: Call, word: Any) -> int:
    """A salon's id.

    Raises:
        Refusal: 422 without an id, 404 for an unknown one.
    """
    if number(word) <= 0:
        raise invalid(salon_id="Необходимо указать филиал")
    if number(word) not in call.world.companies:
        raise Refusal(404, NO_BRANCH)
    return number(word)


def connection_of(call: Call, application: Application, word: Any) -> Connection:
    """How the application stands in a salon.

    Raises:
        Refusal: 404, it was never asked for, its hour has passed, or it is uninstalled.
    """
    found = call.world.outside.market.connection(application, salon_of(call, word))
    if found.status == UNINSTALLED:
        raise not_installed()
    return found


def a_list_of_texts(body: Json, name: str) -> list[str]:
    """A list of texts; empty when there is none.

    Raises:
        Refusal: 422, something else.
    """
    value = body.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise invalid(**{name: "Ожидается список строк"})
    return list(value)


def money_of(body: Json, name: str) -> float:
    """A sum or a share, 0 or more.

    Raises:
        Refusal: 422, no such number.
    """
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid(**{name: "Ожидается число"})
    if not math.isfinite(value) or value < 0:
        raise invalid(**{name: "Ожидается неотрицательное число"})
    return value


def moment_of(body: Json, name: str) -> str:
    """A moment as `Y-m-d H:i:s`.

    Raises:
        Refusal: 422, another form.
    """
    value = body.get(name)
    try:
        datetime.strptime(str(value), MOMENT)  # noqa: DTZ007  only its form is looked at
    except ValueError:
        raise invalid(**{name: "Ожидается дата в формате Y-m-d H:i:s"}) from None
    return str(value)
