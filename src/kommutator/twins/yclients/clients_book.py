"""The branch's clients: found by phone, made, changed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from kommutator.twins.yclients import phones
from kommutator.twins.yclients.changes import CREATE, UPDATE, By
from kommutator.twins.yclients.company import Company
from kommutator.twins.yclients.replies import invalid
from kommutator.twins.yclients.rows import Client

if TYPE_CHECKING:
    from kommutator.twins.yclients.world import World

Json = dict[str, Any]

ODD = "Недопустимое значение"
_WORDS = ("name", "surname", "patronymic", "email", "card", "comment", "birth_date")
_NUMBERS = ("sex_id", "importance_id", "discount", "sms_check", "sms_not", "spent", "balance")
_HIGHEST = {"sex_id": 2, "importance_id": 3}


def client_for(world: World, company: Company, facts: Json, by: By) -> Client:
    """The client with this phone, or a new one; a known client's name stays as it is."""
    digits = phones.digits_of(facts.get("phone"))
    known = company.client_of_phone(digits) if digits else None
    return known or add_client(world, company, facts | {"phone": digits}, by)


def add_client(world: World, company: Company, facts: Json, by: By) -> Client:
    """Take a new client in."""
    numbers = read_numbers(facts)
    client = Client(world.next_id("client"), str(facts.get("name") or ""))
    write_client(client, facts, numbers)
    company.put_client(client)
    _tell(world, company, client, CREATE, by)
    return client


def change_client(world: World, company: Company, client: Client, facts: Json, by: By) -> None:
    """Write what is named."""
    numbers = read_numbers(facts)
    company.forget_phone(client)
    write_client(client, facts, numbers)
    company.put_client(client)
    _tell(world, company, client, UPDATE, by)


def read_numbers(facts: Json) -> dict[str, float]:
    """The numbers of a body.

    Raises:
        Refusal: 422, one is none, or is out of its bounds.
    """
    found: dict[str, float] = {}
    for name in _NUMBERS:
        if facts.get(name) is None:
            continue
        try:
            value = float(facts[name])
        except (TypeError, ValueError, OverflowError):
            raise invalid(**{name: ODD}) from None
        most = _HIGHEST.get(name)
        if not math.isfinite(value) or (most and value not in range(most + 1)):
            raise invalid(**{name: ODD})
        found[name] = int(value) if value.is_integer() else value
    return found


def write_client(client: Client, facts: Json, numbers: dict[str, float]) -> None:
    """Put the known fields of a body into a client."""
    for name, value in numbers.items():
        setattr(client, name, value)
    for name in _WORDS:
        if facts.get(name) is not None:
            setattr(client, name, str(facts[name]))
    if facts.get("phone") is not None:
        client.phone = phones.digits_of(facts["phone"])
    if isinstance(facts.get("custom_fields"), dict):
        client.custom_fields = dict(facts["custom_fields"])


def _tell(world: World, company: Company, client: Client, status: str, by: By) -> None:
    client.changed_at = world.now()
    world.changed(company, "client", client.id, status, user=by.user, partner=by.partner)
