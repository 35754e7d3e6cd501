"""How a session is shown to whoever may link it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.domain.whatsapp.states import SessionState
from kommutator.flows.whatsapp.keys import place_of
from kommutator.kit.crypto import Vault
from kommutator.store.whatsapp_sessions import SessionNews, SessionRow


@dataclass(frozen=True, slots=True)
class ShownQr:
    """A code to scan until then."""

    number: int
    text: str = field(repr=False)
    until: datetime


@dataclass(frozen=True, slots=True)
class SessionShown:
    """How a session stands. `seq`: of the last change, for `news`."""

    connection_id: UUID
    state: SessionState
    reason: str | None
    since: datetime
    next_retry_at: datetime | None
    method: str
    qr: ShownQr | None
    pairing_code: str | None = field(repr=False)
    phone: str | None
    name: str | None
    linked_at: datetime | None
    restricted_until: datetime | None
    wanted: bool
    seq: int

    @property
    def slug(self) -> str:
        """`<slug>` says what is true, `<slug>.action` what to do."""
        return f"whatsapp_state.{self.state.value}"

    @property
    def reason_slug(self) -> str | None:
        return self.reason and f"whatsapp_reason.{self.reason}"


def shown(
    vault: Vault, now: datetime, enterprise: EnterpriseNumber, row: SessionRow
) -> SessionShown:
    """Opens what is sealed. Raises VaultError."""
    qr = code = None
    if row.qr is not None and row.qr_until is not None and row.qr_until > now:
        text = vault.open(row.qr, place_of(enterprise, row.connection_id, "qr"))
        qr = ShownQr(row.qr_number or 1, text, row.qr_until)
    if row.code is not None:
        code = vault.open(row.code, place_of(enterprise, row.connection_id, "code"))
    return SessionShown(
        connection_id=row.connection_id,
        state=row.state,
        reason=row.reason,
        since=row.since,
        next_retry_at=row.next_retry_at,
        method=row.method,
        qr=qr,
        pairing_code=code,
        phone=row.phone,
        name=row.name,
        linked_at=row.linked_at,
        restricted_until=row.restricted_until,
        wanted=row.wanted,
        seq=row.seq,
    )


def with_text(news: SessionNews, shown: SessionShown) -> SessionNews:
    """Only the code that is good now."""
    text = None
    if news.kind == "qr" and shown.qr is not None and shown.qr.number == news.body.get("number"):
        text = shown.qr.text
    if news.kind == "code":
        text = shown.pairing_code
    return news if text is None else replace(news, body={**news.body, "text": text})
