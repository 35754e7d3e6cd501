"""The branch's clients: found by phone, made, changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kommutator.twins.yclients import phones
from kommutator.twins.yclients.changes import CREATE, UPDATE, By
from kommutator.twins.yclients.company import Company
from kommutator.twins.yclients.rows import Client

if TYPE_CHECKING:
    from kommutator.twins.yclients.world import World

Json = dict[str, Any]

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
    client = Client(world.next_id("client"), str(facts.get("name") or ""))
    write_client(client, facts)
    company.put_client(client)
    _tell(world, company, client, CREATE, by)
    return client


def change_client(world: World, company: Company, client: Client, facts: Json, by: By) -> None:
    """Write what is named."""
    company.forget_phone(client)
    write_client(client, facts)
    company.put_client(client)
    _tell(world, company, client, UPDATE, by)


def write_client(client: Client, facts: Json) -> None:
    """Put the known fields of a body into a client.

    Raises:
        ValueError: a number is none, or is too high.
    """
    ready = {name: float(facts[name]) for name in _NUMBERS if facts.get(name) is not None}
    for name, most in _HIGHEST.items():
        if not 0 <= ready.get(name, 0) <= most:
            raise ValueError(name)
    for name, value in ready.items():
        setattr(client, name, int(value) if value == int(value) else value)
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
