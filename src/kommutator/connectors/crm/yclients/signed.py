"""What YClients sends about an installation: who pressed "Connect", and what became of it later.

The browser brings `user_data` (base64 of JSON) and `user_data_sign`, hex of HMAC-SHA256 with the
partner token over the DECODED bytes; `salon_id` beside them is signed by nobody. A lifecycle
notice carries the partner token itself, and nothing else that would prove it (contract §1.11).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from kommutator.connectors.crm.yclients.application import Application
from kommutator.connectors.crm.yclients.values import as_id, as_utc
from kommutator.domain.salon.marketplace import Installer
from kommutator.kit.errors import InvalidInput, Unauthorized
from kommutator.kit.plain_json import as_map, as_text, read_json

_LONGEST = 16 * 1024
_LONGEST_TEXT = 300

UNINSTALL: Final = "uninstall"
FREEZE: Final = "freeze"
PAYMENT: Final = "payment"  # Altegio, 2026


def read_installer(user_data: str, user_data_sign: str, partner_token: str) -> Installer:
    """Who pressed "Connect", proven.

    The same person may be spelt in many ways in base64: whoever looks for replays compares the
    lower-cased signature, not `user_data`.

    Raises:
        Unauthorized: `yclients_install_unsigned`: wrong signature, or nothing that could have one.
    """
    decoded = _decoded(user_data)
    wanted = sign(decoded, partner_token)
    if not hmac.compare_digest(wanted.encode(), user_data_sign.strip().lower().encode()):
        raise Unauthorized("yclients_install_unsigned")
    try:
        told = as_map(read_json(decoded))
    except ValueError as error:
        raise Unauthorized("yclients_install_unsigned") from error
    who = as_text(told.get("id")) or as_text(told.get("user_id"))
    if who is None:
        raise Unauthorized("yclients_install_unsigned")
    return Installer(
        id=who[:_LONGEST_TEXT],
        **{name: _text(told, name) for name in ("name", "email", "phone", "salon_name")},
    )


def sign(decoded: bytes, partner_token: str) -> str:
    """Hex of HMAC-SHA256, as the vendor makes it."""
    return hmac.new(partner_token.encode(), decoded, hashlib.sha256).hexdigest()


def _decoded(user_data: str) -> bytes:
    """A "+" becomes a space in a query that nobody escaped, and the "=" at the end get lost."""
    text = user_data.strip("\r\n").replace(" ", "+").rstrip("=")
    if not text or len(text) > _LONGEST:
        raise Unauthorized("yclients_install_unsigned")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unauthorized("yclients_install_unsigned") from error


def _text(told: Mapping[str, Any], name: str) -> str:
    return (as_text(told.get(name)) or "")[:_LONGEST_TEXT]


@dataclass(frozen=True, slots=True)
class Paid:
    """What a salon paid for our application. `amount` as the vendor spelt it; moments UTC."""

    payment_id: int | None
    amount: str
    currency: str
    paid_at: datetime | None
    period_from: datetime | None
    period_to: datetime | None


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The vendor's word about one salon's installation, proven.

    Attributes:
        event: `UNINSTALL`, `FREEZE`, `PAYMENT`; others as they came.
        raw: without the token.
    """

    salon_id: int
    event: str
    paid: Paid | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


def read_lifecycle(body: bytes, app: Application) -> Lifecycle:
    """Verify and read a lifecycle notice. The token is looked at before anything else.

    Raises:
        Unauthorized: `yclients_lifecycle_unsigned`: not the vendor, or not of our application.
        InvalidInput: `yclients_lifecycle_malformed`: the vendor's token, yet no salon or event.
    """
    told = _spelt(body)
    token = as_text(told.get("partner_token")) or ""
    proven = hmac.compare_digest(app.partner_token.encode(), token.encode())
    ours = as_id(told.get("application_id")) == app.application_id
    if not proven or not ours or not token:
        raise Unauthorized("yclients_lifecycle_unsigned")
    salon, event = as_id(told.get("salon_id")), as_text(told.get("event"))
    if salon is None or event is None or len(event) > _LONGEST_TEXT:
        raise InvalidInput("yclients_lifecycle_malformed")
    paid = _paid(told, app) if event == PAYMENT else None
    kept = {name: value for name, value in told.items() if name not in ("partner_token", "sign")}
    return Lifecycle(salon, event, paid, kept)


def _spelt(body: bytes) -> dict[str, Any]:
    """Numbers as they are spelt: a sum is signed by its spelling."""
    if len(body) > _LONGEST:
        raise InvalidInput("yclients_lifecycle_malformed")
    try:
        read_json(body)  # the stricter of the two: no half characters, no depth
        return as_map(json.loads(body, parse_int=str, parse_float=str))
    except (ValueError, RecursionError):
        return {}  # proves nothing: as unsigned as any other garbage


def _paid(told: Mapping[str, Any], app: Application) -> Paid:
    salon, amount, discount = (
        as_text(told.get(name)) or "" for name in ("salon_id", "amount", "discount")
    )
    said = f"salon_id={salon}&amount={amount}&discount={discount}"
    given = (as_text(told.get("sign")) or "").lower()
    if not hmac.compare_digest(sign(said.encode(), app.partner_token).encode(), given.encode()):
        raise Unauthorized("yclients_lifecycle_unsigned")
    return Paid(
        payment_id=as_id(told.get("payment_id")),
        amount=amount,
        currency=as_text(told.get("currency_iso")) or "",
        paid_at=as_utc(told.get("payment_date")),
        period_from=as_utc(told.get("period_from")),
        period_to=as_utc(told.get("period_to")),
    )
