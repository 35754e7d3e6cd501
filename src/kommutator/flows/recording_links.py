"""Signed links to recordings: the token is the proof, no sign-in is asked for.

A CRM keeps its link for as long as the recording is kept, so the link of a call is always the
same; the console's own lives for an hour. The token names the master key from which its
signature was made: links outlive a rotation as long as the old key stays in the ring.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.clock import Clock
from kommutator.kit.crypto import UnknownKey, Vault
from kommutator.kit.errors import NotFound, UserError

_PURPOSE = "recording-link"
_TAG_BYTES = 18  # 144 bits, and no padding in base64
_DAY_S = 86_400
_LONGEST = 600
SHORT_LIFE = timedelta(hours=1)


class Gone(UserError):
    """410: it was here."""

    status = 410


class _Claim(msgspec.Struct, frozen=True, array_like=True):
    kid: str
    enterprise: str
    of: Literal["call", "name"]
    id: str
    until: int  # epoch seconds


@dataclass(frozen=True, slots=True)
class Heard:
    """What a valid token lets one hear: the recording of a call, or one by its name."""

    enterprise: EnterpriseNumber
    of: Literal["call", "name"]
    id: str


class RecordingLinks:
    """Makes and reads links. `public_url` without a trailing slash."""

    def __init__(self, vault: Vault, clock: Clock, public_url: str) -> None:
        self._vault = vault
        self._clock = clock
        self._public_url = public_url

    def of_call(
        self, enterprise: EnterpriseNumber, call_id: str, started_at: datetime, days: int
    ) -> str:
        """For CRMs: good for `days` of retention, counted from the day of the call.

        The same call has the same link, whatever is asked when.
        """
        day = int(started_at.astimezone(UTC).timestamp()) // _DAY_S
        return self._url(enterprise, "call", call_id, (day + days + 1) * _DAY_S)

    def of_name(self, enterprise: EnterpriseNumber, name: str) -> str:
        """For whoever looks right now: good for an hour."""
        until = int((self._clock.now() + SHORT_LIFE).timestamp())
        return self._url(enterprise, "name", name, until)

    def read(self, token: str) -> Heard:
        """Check the signature, then the age.

        Raises:
            NotFound: `recording_link_invalid`, the same for all that is wrong with it.
            Gone: `recording_link_expired`.
        """
        body, claim = self._claim(token)
        try:
            tag = self._tag(claim.kid, body)
        except UnknownKey as error:
            raise NotFound("recording_link_invalid") from error
        if not hmac.compare_digest(tag, token.rpartition(".")[2]):
            raise NotFound("recording_link_invalid")
        if self._clock.now().timestamp() >= claim.until:
            raise Gone("recording_link_expired")
        return Heard(EnterpriseNumber(claim.enterprise), claim.of, claim.id)

    def _url(
        self, enterprise: EnterpriseNumber, of: Literal["call", "name"], ident: str, until: int
    ) -> str:
        kid = self._vault.active_kid
        raw = msgspec.json.encode(_Claim(kid, enterprise, of, ident, until))
        body = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        return f"{self._public_url}/recordings/{body}.{self._tag(kid, body)}"

    def _tag(self, kid: str, body: str) -> str:
        key = self._vault.derive(_PURPOSE, kid)
        tag = hmac.digest(key, body.encode(), hashlib.sha256)[:_TAG_BYTES]
        return base64.urlsafe_b64encode(tag).decode()

    @staticmethod
    def _claim(token: str) -> tuple[str, _Claim]:
        body, _, _tag = token.rpartition(".")
        if len(token) > _LONGEST or not token.isascii():
            raise NotFound("recording_link_invalid")
        try:
            raw = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
            return body, msgspec.json.decode(raw, type=_Claim)
        except (ValueError, binascii.Error, msgspec.MsgspecError) as error:
            raise NotFound("recording_link_invalid") from error
