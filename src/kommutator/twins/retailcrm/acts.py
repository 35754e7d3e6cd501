"""What people and the vendor do inside the CRM, without its API."""

from __future__ import annotations

from typing import Any

from kommutator.twins.retailcrm.account import Account, ApiKey
from kommutator.twins.retailcrm.customers import WRITABLE, new_customer
from kommutator.twins.retailcrm.routes import ROUTES
from kommutator.twins.retailcrm.telephony_part import read_telephony
from kommutator.twins.retailcrm.users import STATUSES

Json = dict[str, Any]


def change_module(account: Account, order: Json) -> Json:
    """Switch, freeze, delete a module, or edit its codes and shop numbers in the CRM.

    Raises:
        ValueError: no such module, or it forbids editing (`allowEdit` is not true).
    """
    module = account.modules.get(str(order.get("code")))
    if module is None:
        raise ValueError(f"no module {order.get('code')!r}")
    if order.get("delete"):
        del account.modules[module.code]
        return {"deleted": module.code}
    for name in ("active", "freeze"):
        if name in order:
            module.entity[name] = bool(order[name])
    if "simpleConnection" in order:
        module.simple_connection = bool(order["simpleConnection"])
    edits = {k: order[k] for k in ("additionalCodes", "externalPhones") if k in order}
    if edits:
        part = (module.entity.get("integrations") or {}).get("telephony") or {}
        if not part.get("allowEdit"):
            raise ValueError("the module does not allow editing")
        module.entity["integrations"]["telephony"] = read_telephony(part | edits, account).part
    return dict(module.entity)


def change_keys(account: Account, order: Json, new_secret: str) -> Json:
    """Make a key with `scopes` and `sites`, one from before scopes (`legacy`), or `revoke` one.

    Raises:
        ValueError: no such key to revoke.
    """
    if "revoke" in order:
        gone = account.key(str(order["revoke"]))
        if gone is None:
            raise ValueError("no such key")
        account.keys.remove(gone)
        return {"revoked": True}
    sites = order.get("sites")
    key = ApiKey(
        new_secret,
        frozenset(order.get("scopes") or []),
        tuple(sites) if sites is not None else None,
        tuple(route.legacy_path for route in ROUTES) if order.get("legacy") else (),
    )
    account.keys.append(key)
    return {"api_key": key.secret}


def change_user(account: Account, order: Json) -> Json:
    """Change a user in the CRM: `status`, `active`, `online`, or `delete`.

    Raises:
        ValueError: no such user or status.
    """
    user = account.users.get(int(order.get("userId", 0)))
    if user is None:
        raise ValueError(f"no user {order.get('userId')!r}")
    if order.get("delete"):
        return account.users.pop(user["id"])
    if order.get("status", "free") not in STATUSES:
        raise ValueError(f"status is one of {', '.join(sorted(STATUSES))}")
    user.update({k: order[k] for k in ("status", "active", "online") if k in order})
    return user


def change_customers(account: Account, order: Json, now: str) -> Json:
    """What the CRM's people do to clients.

    `add`: a list of clients in the vendor's shape, `site` included; `many`: how many invented
    ones with numbers of their own; `edit`: {id: fields}; `delete`: ids.

    Raises:
        ValueError: no such client, or a list where none is.
    """
    made = [_enter(account, fields, now) for fields in order.get("add") or []]
    owners = list(account.users)
    for number in range(int(order.get("many", 0))):
        fields = {
            "firstName": "Client",
            "lastName": f"{number:05}",
            "managerId": owners[number % len(owners)],
            "phones": [{"number": f"+7001{number:07}"}],
        }
        made.append(_enter(account, fields, now))
    for customer_id, fields in dict(order.get("edit") or {}).items():
        _customer(account, customer_id).update(_typed(fields))
    for customer_id in order.get("delete") or []:
        del account.customers[_customer(account, customer_id)["id"]]
    return {"made": [customer["id"] for customer in made], "total": len(account.customers)}


def _enter(account: Account, fields: Json, now: str) -> Json:
    site = fields.get("site") or account.default_site()
    return new_customer(account, now, site, _typed(fields))


def _typed(fields: Any) -> Json:
    if not isinstance(fields, dict):
        raise ValueError("a client is an object")  # noqa: TRY004  answered as a bad request
    return {name: fields[name] for name in WRITABLE if name in fields}


def _customer(account: Account, customer_id: Any) -> Json:
    found = account.customers.get(int(customer_id))
    if found is None:
        raise ValueError(f"no client {customer_id!r}")
    return found
