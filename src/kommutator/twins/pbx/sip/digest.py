"""Digest authentication (RFC 2617, MD5), as phones do it."""

import hashlib
import re
import secrets

from kommutator.twins.pbx.sip.message import Message


def answer_challenge(
    challenge: Message, method: str, uri: str, user: str, secret: str
) -> tuple[str, str]:
    """Return the header (name, value) that answers a 401 or 407."""
    asked_by_proxy = challenge.code == 407  # noqa: PLR2004 - Proxy Authentication Required
    asked = challenge.get("proxy-authenticate" if asked_by_proxy else "www-authenticate")
    realm, nonce, opaque = (_parameter(asked, name) for name in ("realm", "nonce", "opaque"))
    a1, a2 = _md5(f"{user}:{realm}:{secret}"), _md5(f"{method}:{uri}")
    fields = {"username": user, "realm": realm, "nonce": nonce, "uri": uri}
    extra = "algorithm=MD5"
    if "qop" in asked:
        cnonce = secrets.token_hex(8)
        fields["response"] = _md5(f"{a1}:{nonce}:00000001:{cnonce}:auth:{a2}")
        fields["cnonce"] = cnonce
        extra += ", qop=auth, nc=00000001"
    else:
        fields["response"] = _md5(f"{a1}:{nonce}:{a2}")
    if opaque:
        fields["opaque"] = opaque
    quoted = ", ".join(f'{name}="{value}"' for name, value in fields.items())
    header = "Proxy-Authorization" if asked_by_proxy else "Authorization"
    return header, f"Digest {quoted}, {extra}"


def _parameter(challenge: str, name: str) -> str:
    found = re.search(rf'\b{name}="?([^",]+)', challenge)
    return found[1] if found else ""


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
