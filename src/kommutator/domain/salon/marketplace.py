"""The vendor's shop of applications: a salon installs ours, and the vendor tells us. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class InstallState(StrEnum):
    """Of one salon, as the vendor knows it."""

    NONE = "none"
    PENDING = "pending"  # connected by the salon; we must answer within the vendor's hour
    ACTIVE = "active"
    FREEZED = "freezed"  # not paid: settings stay, nothing is sent


@dataclass(frozen=True, slots=True)
class SalonStanding:
    state: InstallState
    since: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Installer:
    """Who pressed "Connect", as the vendor signed it."""

    id: str
    name: str = ""
    email: str = ""
    phone: str = ""
    salon_name: str = ""


@dataclass(frozen=True, slots=True)
class InstalledSalon:
    id: int
    title: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """`amount` in whole and hundredth units ("990.00"); `currency`: ISO code."""

    amount: str
    currency: str
    paid_at: datetime
    period_from: datetime
    period_to: datetime


class Marketplace(Protocol):
    """Asked with the partner's token. Every method raises VendorError."""

    async def standing(self, salon_id: int) -> SalonStanding: ...
    async def activate(
        self, salon_id: int, *, api_key: str, hook_urls: Sequence[str], channels: Sequence[str]
    ) -> None:
        """Answer the salon's wish; also fine when it is active already."""
        ...

    async def salons(self) -> Sequence[InstalledSalon]:
        """All that have our application, every page."""
        ...

    async def uninstall(self, salon_id: int) -> None:
        """Also fine when it is not there."""
        ...

    async def pay(self, salon_id: int, payment: Payment) -> int:
        """Tell of a payment; the id that a refund needs."""
        ...

    async def refund(self, payment_id: int) -> None: ...
    async def channel_available(self, salon_id: int, channel: str, *, available: bool) -> None:
        """`channel`: "whatsapp" or "sms"."""
        ...
