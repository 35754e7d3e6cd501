"""`/api/v4/webhooks`: who is told of changes (contract §1.6)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from kommutator.twins.amocrm.account import Account
from kommutator.twins.amocrm.call import Call, Route
from kommutator.twins.amocrm.hook_delivery import Subscription
from kommutator.twins.amocrm.hook_ladder import BadAnswers
from kommutator.twins.amocrm.replies import (
    FIELD_MISSING,
    NO_CONTENT,
    NOT_A_CHOICE,
    Answer,
    ApiError,
    forbidden,
    invalid,
    invalid_type,
    problem,
)

Json = dict[str, Any]

MOST_WEBHOOKS = 100
_EVERYBODY = ("lead", "contact", "company", "customer")
SETTINGS = frozenset(
    [f"responsible_{one}" for one in (*_EVERYBODY, "task")]
    + [f"restore_{one}" for one in ("lead", "contact", "company")]
    + [f"{act}_{one}" for act in ("add", "update") for one in (*_EVERYBODY, "talk", "task")]
    + [f"delete_{one}" for one in (*_EVERYBODY, "task")]
    + [f"note_{one}" for one in _EVERYBODY]
    + ["status_lead", "add_chat_template_review"]
    # Not in the papers of the API, but in the interface and at Kommo.
    + [f"{act}_unsorted" for act in ("add", "update", "delete")]
    + ["add_message", "add_outgoing_message", "catalogs"]
)


def list_webhooks(call: Call) -> Answer:
    """All of the account, or the one of `filter[destination]`; 204 for none."""
    _need_tariff(call.account)
    wanted = call.query.get("filter")
    destination = wanted.get("destination") if isinstance(wanted, dict) else None
    rows = [
        hook.dump(call.account.id)
        for hook in sorted(call.account.hooks.values(), key=lambda hook: hook.sort)
        if not hook.short and destination in (None, hook.destination)
    ]
    if not rows:
        return NO_CONTENT
    return Answer({"_total_items": len(rows), "_embedded": {"webhooks": rows}})


def subscribe(call: Call) -> Answer:
    """Add a webhook or overwrite the one with this destination: 201 and the bare object.

    Raises:
        ApiError: 403 by the tariff, 400 for a bad body, 422 (switch) for an unknown setting or
            the 101st webhook.
    """
    _need_tariff(call.account)
    order = call.item()
    destination, settings = _checked(call, order)
    present = find(call.account, destination)
    if present is None:
        if len(call.account.hooks) >= MOST_WEBHOOKS:
            raise problem(422, f"Limit {MOST_WEBHOOKS} webhooks per account")
        present = add(call.account, destination, settings, by=call.user_id, at=call.now())
    else:
        present.settings, present.updated_at = settings, call.now()
        if call.switches.hook_repost_enables:
            present.disabled, present.bad = False, BadAnswers()
    if isinstance(order.get("sort"), int):
        present.sort = order["sort"]
    return Answer(present.dump(call.account.id), 201)


def unsubscribe(call: Call) -> Answer:
    """Take a webhook away by `{"destination"}`: 204, or 404 when there is none."""
    _need_tariff(call.account)
    present = find(call.account, str(call.item().get("destination") or ""))
    if present is None:
        raise problem(404, "Webhook not found")
    del call.account.hooks[present.id]
    return NO_CONTENT


def find(account: Account, destination: str) -> Subscription | None:
    """The webhook of a destination."""
    return next((h for h in account.hooks.values() if h.destination == destination), None)


def add(
    account: Account,
    destination: str,
    settings: list[str],
    *,
    by: int,
    at: int,
    short: bool = False,
) -> Subscription:
    """One more webhook; `short` is a digital pipeline's."""
    hook = Subscription(
        id=account.next_id(),
        destination=destination,
        settings=settings,
        sort=len(account.hooks) + 1,
        created_at=at,
        updated_at=at,
        created_by=by,
        short=short,
    )
    account.hooks[hook.id] = hook
    return hook


def _checked(call: Call, order: Json) -> tuple[str, list[str]]:
    for name, kind, word in (("destination", str, "string"), ("settings", list, "array")):
        if name not in order:
            raise _invalid(name, FIELD_MISSING)
        if not isinstance(order[name], kind):
            raise _invalid(name, invalid_type(word))
    destination, settings = order["destination"], [str(one) for one in order["settings"]]
    address = urlsplit(destination)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise _invalid("destination", ("InvalidUrl", "This value is not a valid URL."))
    if not settings:
        raise _invalid("settings", ("NotBlank", "This value should not be blank."))
    for place, setting in enumerate(settings):
        if setting not in SETTINGS:
            if call.switches.webhook_bad_setting_status == 400:  # noqa: PLR2004  an HTTP status
                raise _invalid(f"settings.{place}", NOT_A_CHOICE)
            raise problem(422, f"Unknown setting {setting}")
    return destination, list(dict.fromkeys(settings))


def _need_tariff(account: Account) -> None:
    if not account.webhooks_in_tariff:
        raise forbidden("Webhooks are not available on your tariff")


def _invalid(path: str, error: tuple[str, str]) -> ApiError:
    code, detail = error
    errors = [{"code": code, "path": path, "detail": detail}]
    return invalid([{"request_id": "0", "errors": errors}])


ROUTES = (
    Route("GET", "/api/v4/webhooks", list_webhooks, admin=True),
    Route("POST", "/api/v4/webhooks", subscribe, admin=True),
    Route("DELETE", "/api/v4/webhooks", unsubscribe, admin=True),
)
