"""How a connection's tokens are, in an answer and in the reader's language."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import BaseModel, Field

from kommutator.flows.amocrm.standing import NOT_CONNECTED, Shown
from kommutator.kit.texts import Texts

_BY_PAGES = frozenset({NOT_CONNECTED, "refresh_answer_lost", "uninstalled"})
"""Repaired by a button of the administrators' pages."""


class GrantShown(BaseModel):
    """One account."""

    connection_id: UUID
    name: str
    domain: str = Field(description="Host of the account.")
    account_id: str = Field(description="amoCRM's own number of it.")
    personal: bool = Field(description="A person's own account; else the enterprise's.")
    status: str
    connected: bool = Field(description="Requests get a token, renewed by itself when needed.")
    state: str = Field(
        description="active, lost, revoked, uninstalled, unpaid, blocked, not_connected."
    )
    reason: str | None = Field(None, description="Stable slug of what is wrong, if anything.")
    message: str | None = Field(None, description="What is wrong, for people.")
    action: str | None = Field(None, description="The one thing that repairs it.")
    since: datetime
    works_until: datetime | None = Field(
        None, description="Nothing renews the last token; it works until then."
    )
    renewed_at: datetime | None = None


def domain_of(base_url: str) -> str:
    """The account as people know it; a twin's has a port and a path."""
    parts = urlsplit(base_url)
    return f"{parts.netloc}{parts.path}".rstrip("/")


def shown(texts: Texts, locale: str, one: Shown) -> GrantShown:
    message, action = words(texts, locale, one.reason, personal=one.personal)
    return GrantShown(
        connection_id=one.connection_id,
        name=one.name,
        domain=domain_of(one.base_url),
        account_id=one.account_id,
        personal=one.personal,
        status=one.status.value,
        connected=one.connected,
        state=one.state,
        reason=one.reason,
        message=message,
        action=action,
        since=one.since,
        works_until=one.works_until,
        renewed_at=one.renewed_at,
    )


def words(
    texts: Texts, locale: str, reason: str | None, *, personal: bool
) -> tuple[str | None, str | None]:
    """What happened and what to do about it; nothing where all is well.

    Pages with a button to reconnect are the administrators': a `personal` account has another way.
    """
    if reason is None:
        return None, None
    known = reason if texts.has(locale, f"grant.{reason}") else NOT_CONNECTED
    own = personal and known in _BY_PAGES
    return (
        texts.translate(locale, f"grant.{known}"),
        texts.translate(locale, "grant.own.action" if own else f"grant.{known}.action"),
    )
