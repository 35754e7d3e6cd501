"""Our integration module in the vendor's shape: built from what the CRM holds, then compared.

Pure. An edit replaces whole lists and objects, so the full module is sent back: what the CRM
already has, with our fields laid over it. Nulls are left out, because a null wipes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kommutator.connectors.crm.retailcrm.schemas import Module, vendor_id
from kommutator.domain.ports import Difference, Registration
from kommutator.kit.plain_json import as_map, as_text

ACTIVITY_PATH = "/activity"  # appended to `Registration.base_url`
SETTINGS_PATH = "/settings"
_ACTIONS = ("activity", "settings")  # the only keys the vendor takes
_LONGEST_SHOWN = 200
_SET_BY_CRM = frozenset({"freeze", "native"})


def wanted(
    current: Module | None, registration: Registration, *, code: str, name: str, allow_edit: bool
) -> dict[str, Any]:
    """The whole module as it should be after the edit."""
    raw = dict(current.raw) if current is not None else {}
    kept = {key: value for key, value in raw.items() if key not in _SET_BY_CRM}
    integrations = as_map(raw.get("integrations"))
    telephony = dict(current.telephony) if current is not None else {}
    whole = kept | {
        "code": code,
        "integrationCode": raw.get("integrationCode") or code,
        "active": registration.active,
        "name": name,
        "logo": registration.logo_url,
        "clientId": registration.client_id,
        "baseUrl": registration.base_url,
        "accountUrl": registration.account_url,
        "actions": _actions(raw),
        "integrations": integrations
        | {"telephony": telephony | _telephony(registration, allow_edit=allow_edit)},
    }
    return as_map(_pruned(whole))


def _actions(raw: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: path for key, path in as_map(raw.get("actions")).items() if key in _ACTIONS}
    return kept | {"activity": ACTIVITY_PATH, "settings": SETTINGS_PATH}


def _telephony(registration: Registration, *, allow_edit: bool) -> dict[str, Any]:
    return {
        "makeCallUrl": registration.make_call_url,
        "changeUserStatusUrl": registration.presence_url,
        "allowEdit": allow_edit,
        "inputEventSupported": True,
        "outputEventSupported": True,
        "hangupEventSupported": True,
        "additionalCodes": [
            {"userId": vendor_id(user), "code": code}
            for user, code in sorted(registration.codes.items())
        ],
        "externalPhones": [
            {"siteCode": site, "externalPhone": line}
            for line, site in sorted(registration.lines.items())
        ],
    }


def _pruned(value: Any) -> Any:
    """Without nulls, at any depth. Empty lists stay: they say that there is nothing."""
    if isinstance(value, dict):
        return {key: _pruned(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_pruned(item) for item in value if item is not None]
    return value


def differences(
    sent: Mapping[str, Any],
    held: Module,
    unknown_users: tuple[str, ...],
    unknown_sites: tuple[str, ...],
) -> tuple[Difference, ...]:
    """What did not stick; users and shops the CRM reported apart are left out.

    `clientId` is not compared: the CRM does not show it.
    """
    found = [
        *_unlike(sent, held.raw, ("active", "name", "logo", "baseUrl", "accountUrl")),
        *_unlike(as_map(sent.get("actions")), as_map(held.raw.get("actions")), ("activity",)),
    ]
    telephony = as_map(as_map(sent.get("integrations")).get("telephony"))
    found += _unlike(
        telephony,
        held.telephony,
        (
            "makeCallUrl",
            "changeUserStatusUrl",
            "allowEdit",
            "inputEventSupported",
            "outputEventSupported",
            "hangupEventSupported",
        ),
    )
    codes = {str(row["userId"]): row["code"] for row in telephony.get("additionalCodes", ())}
    lines = {row["externalPhone"]: row["siteCode"] for row in telephony.get("externalPhones", ())}
    found += _unlike_pairs("additionalCodes", codes, held.codes, set(unknown_users))
    stuck = {line: site for line, site in lines.items() if site not in unknown_sites}
    found += _unlike_pairs("externalPhones", stuck, held.lines, set(lines) - set(stuck))
    return tuple(found)


def _unlike(
    sent: Mapping[str, Any], held: Mapping[str, Any], names: tuple[str, ...]
) -> list[Difference]:
    return [
        Difference(name, _shown(sent.get(name)), _shown(held.get(name)))
        for name in names
        if not _same(sent.get(name), held.get(name))
    ]


def _same(sent: Any, held: Any) -> bool:
    """PHP may leave out a false and add or drop the slash at a URL's end."""
    if isinstance(sent, bool):
        return sent is bool(held)
    return (as_text(sent) or "").rstrip("/") == (as_text(held) or "").rstrip("/")


def _unlike_pairs(
    name: str, sent: Mapping[str, str], held: Mapping[str, str], excused: set[str]
) -> list[Difference]:
    return [
        Difference(name, _shown(sent.get(key)), _shown(held.get(key)), key)
        for key in sorted(sent.keys() | held.keys())
        if key not in excused and sent.get(key) != held.get(key)
    ]


def _shown(value: Any) -> str | bool | None:
    """Without the query of a URL: the one of `accountUrl` lets in whoever has it."""
    if value is None or isinstance(value, bool):
        return value
    text, query, _ = str(value).partition("?")
    return f"{text}?…"[:_LONGEST_SHOWN] if query else text[:_LONGEST_SHOWN] or None
