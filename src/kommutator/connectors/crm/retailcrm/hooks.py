"""What RetailCRM sends us: raw request → one small type. Decides and trusts nothing.

There is no signature: `clientId` is the sole proof of the sender, so a hook means something
only after its `client_id` was found among ours (in constant time, by the directory).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast
from urllib.parse import parse_qsl, urlsplit

import msgspec

from kommutator.connectors.crm.retailcrm.manifest import HOST_SUFFIXES, USER_STATUSES
from kommutator.kit.plain_json import as_map, as_text, read_json

MAX_FIELDS = 50
Presence = Literal["free", "busy", "dinner", "break"]


@dataclass(frozen=True, slots=True)
class MakeCall:
    """A click on a phone icon. `code` is what the CRM believes; our own mapping decides."""

    client_id: str = field(repr=False)
    phone: str
    user_id: str | None
    code: str | None
    external_phone: str | None


@dataclass(frozen=True, slots=True)
class ChangeUserStatus:
    client_id: str = field(repr=False)
    user_id: str | None
    code: str | None
    status: Presence


@dataclass(frozen=True, slots=True)
class Activity:
    """The module was switched, frozen (unpaid), or the account got another address.

    `system_url` is as sent: store it only after `trusted_address`.
    """

    client_id: str = field(repr=False)
    active: bool
    freeze: bool
    system_url: str | None


@dataclass(frozen=True, slots=True)
class SettingsChange:
    client_id: str = field(repr=False)
    time_zone: str | None
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AccountVisit:
    """An administrator of the CRM pressed "open the account"."""

    client_id: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Kept and named: a kind nobody told us about, or one without what makes it usable."""

    kind: str
    reason: str
    client_id: str | None = field(repr=False)
    fields: Mapping[str, str] = field(repr=False)


Hook = MakeCall | ChangeUserStatus | Activity | SettingsChange | AccountVisit | Unknown


def read_fields(query: bytes, body: bytes = b"", content_type: str = "") -> dict[str, str]:
    """Query and form (or a JSON object) as one map; the body wins over the query.

    Nothing here raises: bytes that are no UTF-8 are replaced, NULs fall out (PostgreSQL stores
    none), too many fields are cut off.
    """
    inside = _json(body) if "json" in content_type.lower() else _form(body)
    return {
        name.replace("\x00", ""): value.replace("\x00", "")
        for name, value in (_form(query) | inside).items()
    }


def _form(raw: bytes) -> dict[str, str]:
    text = raw.decode("utf-8", "replace")
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError:
        return {}


def _json(raw: bytes) -> dict[str, str]:
    found = _object(raw)
    return {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in list(found.items())[:MAX_FIELDS]
    }


def parse(kind: str, fields: Mapping[str, str]) -> Hook:
    """One hook.

    Args:
        kind: by the address it came to: "make-call", "status", "activity", "settings", "account".
        fields: as `read_fields` gave them.
    """
    client_id = as_text(fields.get("clientId"))
    reader = _READERS.get(kind)
    if reader is None:
        return Unknown(kind, "kind_unknown", client_id, dict(fields))
    if client_id is None:
        return Unknown(kind, "client_id_missing", None, dict(fields))
    hook = reader(client_id, fields)
    return hook if hook is not None else Unknown(kind, "fields_unusable", client_id, dict(fields))


def _make_call(client_id: str, fields: Mapping[str, str]) -> MakeCall | None:
    phone = as_text(fields.get("phone"))
    user_id, code = as_text(fields.get("userId")), as_text(fields.get("code"))
    if phone is None or (user_id is None and code is None):
        return None
    # An unescaped "+" in a query arrives as a space.
    phone = f"+{phone}" if fields["phone"].startswith(" ") else phone
    return MakeCall(client_id, phone, user_id, code, as_text(fields.get("externalPhone")))


def _status(client_id: str, fields: Mapping[str, str]) -> ChangeUserStatus | None:
    user_id, code = as_text(fields.get("userId")), as_text(fields.get("code"))
    status = fields.get("status")
    if status not in USER_STATUSES or (user_id is None and code is None):
        return None
    return ChangeUserStatus(client_id, user_id, code, cast("Presence", status))


def _activity(client_id: str, fields: Mapping[str, str]) -> Activity | None:
    activity = _object(fields.get("activity", ""))
    active, freeze = _flag(activity.get("active")), _flag(activity.get("freeze"))
    if active is None:
        return None
    return Activity(client_id, active, bool(freeze), as_text(fields.get("systemUrl")))


def _settings(client_id: str, fields: Mapping[str, str]) -> SettingsChange | None:
    settings = _object(fields.get("settings", ""))
    zone = settings.get("timezone")
    name = as_text(as_map(zone).get("value")) if isinstance(zone, dict) else as_text(zone)
    return SettingsChange(client_id, name, settings) if settings else None


def _account(client_id: str, _fields: Mapping[str, str]) -> AccountVisit:
    return AccountVisit(client_id)


_READERS: Mapping[str, Callable[[str, Mapping[str, str]], Hook | None]] = {
    "make-call": _make_call,
    "status": _status,
    "activity": _activity,
    "settings": _settings,
    "account": _account,
}


def _object(text: str | bytes) -> dict[str, Any]:
    try:
        return as_map(read_json(text))
    except ValueError:
        return {}


def _flag(value: object) -> bool | None:
    """true, 1 and "1" alike; None for anything that is no flag."""
    words = {"1": True, "true": True, "0": False, "false": False}
    return words.get(str(value).lower()) if isinstance(value, bool | int | str) else None


def trusted_address(
    system_url: str, current_base_url: str, extra_hosts: Collection[str] = ()
) -> str | None:
    """The address an activity hook names, if our key may be sent there; else None.

    A leaked clientId must not be enough to make us send the API key to a stranger's server:
    only the vendor's own domains, the account's present host and hosts from settings pass.
    """
    try:
        parts = urlsplit(system_url.strip())
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    by_settings = host in extra_hosts and parts.scheme in ("http", "https")
    known = host == urlsplit(current_base_url).hostname or (
        host.endswith(HOST_SUFFIXES) and port in (None, 443)
    )
    if parts.username is not None or not (by_settings or (known and parts.scheme == "https")):
        return None
    prefix = parts.path.rstrip("/") if by_settings else ""  # the vendor's own have none
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, 443) else "") + prefix
