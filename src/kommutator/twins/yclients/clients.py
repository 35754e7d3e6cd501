"""Clients one by one, in bulk, in a chain; their comments (§1.6)."""

from __future__ import annotations

from typing import Any

from kommutator.twins.yclients import phones
from kommutator.twins.yclients.call import Call, Route
from kommutator.twins.yclients.changes import By
from kommutator.twins.yclients.clients_book import add_client, change_client
from kommutator.twins.yclients.local_time import plain, read_moment
from kommutator.twins.yclients.replies import (
    BAD_FILTER,
    BAD_FORMAT,
    NO_CONTENT,
    NOT_FOUND,
    TOO_FEW_RIGHTS,
    Answer,
    Refusal,
    invalid,
)
from kommutator.twins.yclients.rows import Client
from kommutator.twins.yclients.show_record import Eyes, client_body

Json = dict[str, Any]

TAKEN = "Клиент с указанным телефоном уже существует в базе"
NAMELESS = "Не указано имя клиента"
BAD_PHONE = "Телефон должен содержать от 9 до 15 цифр"
NO_PHONE = "Номер телефона клиента не может быть пустым"
PER_PAGE = 25


def clients(call: Call) -> Answer:
    """`GET /clients/{c}?fullname&phone&email&page&count&changed_after` (deprecated)."""
    rows = list(call.company.clients.values())
    if word := call.word("fullname").casefold():
        rows = [one for one in rows if word in one.display_name.casefold()]
    if digits := phones.digits_of(call.word("phone")):
        rows = [one for one in rows if digits in one.phone]
    if word := call.word("email").casefold():
        rows = [one for one in rows if word in one.email.casefold()]
    if call.word("changed_after"):
        since = read_moment(call.word("changed_after"), call.company.zone)
        if since is None:
            raise Refusal(400, BAD_FILTER)
        rows = [one for one in rows if int(one.changed_at) >= since]
    page = max(1, call.whole("page", 1))
    size = min(max(1, call.whole("count", PER_PAGE)), call.switches.records_count_most)
    shown = rows[(page - 1) * size : page * size]
    return Answer([_body(call, one) for one in shown], {"page": page, "total_count": len(rows)})


def client(call: Call) -> Answer:
    """`GET /client/{c}/{id}`."""
    return Answer(_body(call, one_of(call)))


def create(call: Call) -> Answer:
    """`POST /clients/{c}`: 201."""
    body = call.item()
    if wrong := _wrong(call, body):
        field = "name" if wrong == NAMELESS else "phone"
        raise Refusal(422, wrong, {field: [wrong]})
    made = add_client(call.world, call.company, body, _by(call))
    return Answer(_body(call, made), status=201)


def bulk(call: Call) -> Answer:
    """`POST /clients/{c}/bulk`: 200 with what was made and what was wrong, row by row."""
    if not isinstance(call.body, list):
        raise Refusal(400, BAD_FORMAT)
    created, errors = [], []
    for row in call.body:
        if not isinstance(row, dict):
            raise Refusal(400, BAD_FORMAT)
        if wrong := _wrong(call, row):
            told = {name: row[name] for name in ("phone", "name") if name in row}
            errors.append(told | {"error": wrong})
            continue
        try:
            made = add_client(call.world, call.company, row, _by(call))
        except Refusal as refusal:
            errors.append({"error": refusal.message})
            continue
        created.append(_body(call, made))
    return Answer({"created": created, "errors": errors})


def update(call: Call) -> Answer:
    """`PUT /client/{c}/{id}`: what is named is written."""
    found, body = one_of(call), call.item()
    if "phone" in body and (wrong := _wrong_phone(call, body["phone"], found)):
        raise Refusal(422, wrong, {"phone": [wrong]})
    if "name" in body and not str(body["name"] or "").strip():
        raise Refusal(422, NAMELESS, {"name": [NAMELESS]})
    change_client(call.world, call.company, found, body, _by(call))
    return Answer(_body(call, found))


def delete(call: Call) -> Answer:
    """`DELETE /client/{c}/{id}`: 204; the client's records stay, without a client."""
    found = one_of(call)
    call.company.drop_client(found)
    call.changed("client", found.id, "delete")
    return NO_CONTENT


def of_group(call: Call) -> Answer:
    """`GET /group/{g}/clients/?phone`: the clients with a phone in all branches of a chain."""
    group = call.world.groups.get(call.id("group"))
    if group is None:
        raise Refusal(404, NOT_FOUND)
    if not any(number in call.asker.access for number in group.company_ids):
        raise Refusal(403, TOO_FEW_RIGHTS)
    digits, found = phones.digits_of(call.word("phone")), []
    for number in group.company_ids:
        one = call.world.companies[number].client_of_phone(digits)
        if one is not None:
            found.append({"id": one.id, "company_id": number, "name": one.name, "email": one.email})
    return Answer({"salon_group_id": group.id, "phone": digits, "clients": found})


def comments(call: Call) -> Answer:
    """`GET /company/{c}/clients/{id}/comments`."""
    rows = one_of(call).comments
    return Answer(rows, {"count": len(rows)})


def add_comment(call: Call) -> Answer:
    """`POST /company/{c}/clients/{id}/comments {text}`: 201."""
    found, text = one_of(call), str(call.item().get("text") or "").strip()
    if not text:
        raise invalid(text="Обязательное поле")
    at = plain(call.world.local_now(call.company))
    row = {
        "id": call.world.next_id("comment"),
        "create_date": at,
        "update_date": at,
        "type": "default",
        "text": text,
        "files": [],
        "user": {"id": call.asker.id, "name": call.asker.name, "avatar": ""},
    }
    found.comments.append(row)
    return Answer(row, {}, 201)


def one_of(call: Call) -> Client:
    """The client in the path.

    Raises:
        Refusal: 404.
    """
    found = call.company.clients.get(call.id("client"))
    if found is None:
        raise Refusal(404, NOT_FOUND)
    return found


def eyes_of(call: Call) -> Eyes:
    """What the asking user may see of the clients' phones."""
    noisy = call.switches.type_noise
    return Eyes(call.may("clients.client_phones_access"), phone_as_number=noisy)


def _body(call: Call, one: Client) -> Json:
    return client_body(call.world, call.company, one, eyes_of(call))


def _by(call: Call) -> By:
    return By(call.user, call.partner)


def _wrong(call: Call, body: Json) -> str | None:
    if not str(body.get("name") or "").strip():
        return NAMELESS
    return _wrong_phone(call, body.get("phone"), None)


def _wrong_phone(call: Call, value: Any, mine: Client | None) -> str | None:
    digits = phones.digits_of(value)
    if not digits:
        return NO_PHONE
    if not phones.is_valid(digits):
        return BAD_PHONE
    known = call.company.client_of_phone(digits)
    return TAKEN if known is not None and known is not mine else None


_LIST, _ONE = "/api/v1/clients/{company}", "/api/v1/client/{company}/{client}"
_COMMENTS = "/api/v1/company/{company}/clients/{client}/comments"
_SEE, _LICENCE = "clients.clients_access", 403


def _route(method: str, template: str, endpoint: Any, right: str = _SEE) -> Route:
    return Route(method, template, endpoint, user=True, right=right, licence=_LICENCE)


ROUTES = (
    _route("GET", _LIST, clients),
    _route("POST", _LIST, create),
    _route("POST", f"{_LIST}/bulk", bulk),
    _route("GET", _ONE, client),
    _route("PUT", _ONE, update),
    _route("DELETE", _ONE, delete, "clients.clients_delete_access"),
    _route("GET", _COMMENTS, comments, "clients.client_comments_list_access"),
    _route("POST", _COMMENTS, add_comment, "clients.client_comments_add_access"),
    Route("GET", "/api/v1/group/{group}/clients", of_group, user=True),
)
