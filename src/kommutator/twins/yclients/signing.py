"""What YClients signs with the partner token: who clicked Connect, payments, payment links (§1.11).

All signatures are hex HMAC-SHA256 with the partner token as the key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

Json = dict[str, Any]


def sign(partner_token: str, message: bytes) -> str:
    """The signature of `message`, 64 hex digits."""
    return hmac.new(partner_token.encode(), message, hashlib.sha256).hexdigest()


def php_json(value: Json) -> bytes:
    """JSON as PHP writes it: no spaces, slashes escaped, letters as they are."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("/", "\\/").encode()


def user_data(partner_token: str, person: Json) -> tuple[str, str]:
    """`user_data` (base64 of the JSON) and `user_data_sign` (over the JSON, not its base64)."""
    plain = php_json(person)
    return base64.b64encode(plain).decode(), sign(partner_token, plain)


def payment_sign(partner_token: str, salon_id: int, amount: Any, discount: Any) -> str:
    """The `sign` of a lifecycle body with the event `payment` (Altegio)."""
    text = f"salon_id={salon_id}&amount={amount}&discount={discount}"
    return sign(partner_token, text.encode())
