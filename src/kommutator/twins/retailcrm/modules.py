"""Integration modules: registration, reading, scopes (contract §1.5)."""

from __future__ import annotations

import copy
from typing import Any

from kommutator.twins.retailcrm.account import ApiKey, Module
from kommutator.twins.retailcrm.call import Call
from kommutator.twins.retailcrm.checks import Checks
from kommutator.twins.retailcrm.replies import Answer, ApiError, not_found, php_map
from kommutator.twins.retailcrm.telephony_part import read_telephony

Json = dict[str, Any]

FIELDS = [
    "integrationCode",
    "active",
    "name",
    "logo",
    "clientId",
    "baseUrl",
    "actions",
    "availableCountries",
    "accountUrl",
    "integrations",
    "native",
]
ACTIONS = frozenset({"activity", "settings"})
INTEGRATIONS = frozenset(
    [
        "telephony",
        "delivery",
        "store",
        "payment",
        "mgTransport",
        "mgBot",
        "embedJs",
        "recommendation",
    ]
)


def get_module(call: Call) -> Answer:
    """`GET /integration-modules/{code}`; never shows clientId."""
    module = call.account.modules.get(call.args["code"])
    if module is None:
        raise not_found()
    shown = copy.deepcopy(module.entity)
    shown.pop("clientId", None)
    shown["actions"] = php_map(shown.get("actions"))
    shown["integrations"] = php_map(shown.get("integrations"))
    return Answer({"integrationModule": shown})


def edit_module(call: Call) -> Answer:
    """`POST /integration-modules/{code}/edit`: creates or changes, reports unknown people."""
    sent = call.entity("integrationModule")
    code = call.args["code"]
    before = call.account.modules.get(code)
    kept = before.entity if before and call.switches.edit_mode == "merge" else {}
    entity = _merged(call, code, kept, sent)
    _check(call, entity)
    info = _read_integrations(call, entity)
    if entity["active"] and call.switches.insufficient_funds:
        raise ApiError(
            400,
            "Failed to activate module",
            ["Your account has insufficient funds to activate integration module"],
        )
    call.account.modules[code] = Module(code, entity, bool(before and before.simple_connection))
    return Answer({"info": php_map(info)}, _status(call, is_new=before is None))


def update_scopes(call: Call) -> Answer:
    """`POST /integration-modules/{code}/update-scopes`, form `requires={"scopes":[…]}`."""
    module = call.account.modules.get(call.args["code"])
    if module is None:
        raise not_found()
    scopes = call.entity("requires").get("scopes") or []
    if not module.simple_connection:
        raise ApiError(400, "Not enabled simple connection")
    key = ApiKey(call.core.ids.token(24), frozenset(str(scope) for scope in scopes))
    call.account.keys.append(key)
    return Answer({"apiKey": key.secret})


def _merged(call: Call, code: str, kept: Json, sent: Json) -> Json:
    """What was kept, with each key that was sent replaced whole, siblings inside it included."""
    defaults: Json = {
        "code": code,
        "active": False,
        "freeze": False,
        "native": False,
        "actions": {},
        "availableCountries": [],
        "integrations": {},
    }
    entity = {**defaults, **kept, **{name: sent[name] for name in FIELDS if name in sent}}
    entity["code"] = code
    entity["active"], entity["native"] = bool(entity["active"]), bool(entity["native"])
    entity["actions"] = entity["actions"] or {}
    entity["integrations"] = entity["integrations"] or {}
    if not entity.get("integrationCode") and call.switches.integration_code_defaults_to_code:
        entity["integrationCode"] = code
    return copy.deepcopy(entity)


def _check(call: Call, entity: Json) -> None:
    checks = Checks(entity)
    checks.scalars("name", "logo", "clientId", "baseUrl", "accountUrl", "integrationCode")
    prefix = str(entity.get("integrationCode") or "")
    if not str(entity["code"]).startswith(prefix):
        checks.complain("code", "Code prefix must match integrationCode")
    for name in ("name", "logo", "baseUrl"):
        if not entity.get(name):
            checks.complain(name, "This value should not be blank")
    logo = str(entity.get("logo") or "").split("?", 1)[0].casefold()
    if logo and call.switches.logo_check == "suffix" and not logo.endswith(".svg"):
        checks.complain("logo", "Logo image must be svg")
    for name in ("baseUrl", "accountUrl"):
        if entity.get(name) and not is_url(entity[name]):
            checks.complain(name, "This value is not a valid URL.")
    actions = entity["actions"]
    if not isinstance(actions, dict) or not ACTIONS.issuperset(actions):
        checks.complain("actions", "The value you selected is not a valid choice.")
    if not isinstance(entity["integrations"], dict):
        checks.complain("integrations", "This value is not valid.")
    checks.refuse_if_any()


def _read_integrations(call: Call, entity: Json) -> Json:
    """Drop what the vendor does not know and learn whom it does not know."""
    parts = {k: v for k, v in entity["integrations"].items() if k in INTEGRATIONS}
    info: Json = {}
    if isinstance(parts.get("telephony"), dict):
        reading = read_telephony(parts["telephony"], call.account)
        parts["telephony"] = reading.part
        info = reading.info()
    entity["integrations"] = parts
    return info


def _status(call: Call, *, is_new: bool) -> int:
    if call.switches.upsert_status == "201_then_200":
        return 201 if is_new else 200
    return int(call.switches.upsert_status)


def is_url(value: Any) -> bool:
    """Whether the text is a web address with a host."""
    text = str(value)
    return text.startswith(("http://", "https://")) and len(text.split("//", 1)[1]) > 0
