"""What a click on a number amounts to: whose phone, which client, which number shown. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from kommutator.domain.connection import Account
from kommutator.domain.dialing import (
    Dialing,
    destination,
    extension_for,
    line_for,
    read_dialing,
)
from kommutator.domain.outcome import Budget
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.phones import to_e164

_HOME = "RU"


@dataclass(frozen=True, slots=True)
class ClickRequest:
    """What the clicker told us; strings as they came.

    Attributes:
        code: extension to ring; wins over the user.
        user_id: the CRM's user.
        line: the company number to show, if the CRM named one; a stranger's is ignored.
    """

    phone: str
    requested_by: str
    code: str | None = None
    user_id: str | None = None
    line: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A click that passed: its numbers are checked and are our own.

    Attributes:
        foreign_line: the company number that was asked for is not the company's.
    """

    extension: str
    client: str
    line: str | None
    foreign_line: bool
    limits: Dialing

    def budgets(self, enterprise: EnterpriseNumber) -> tuple[Budget, Budget]:
        """The enterprise's allowance and the employee's."""
        return (
            _per_minute(f"click:{enterprise}", self.limits.per_enterprise),
            _per_minute(f"click:{enterprise}:{self.extension}", self.limits.per_employee),
        )


def read_order(
    request: ClickRequest,
    pbx: Account,
    crm: Account | None,
    *,
    settings: Mapping[str, Any],
    known: Collection[str],
) -> Order:
    """Check everything about a click but its pace.

    Args:
        crm: whose table of users and extensions counts.
        settings: `enterprises.settings`.
        known: every extension of the enterprise.

    Raises:
        InvalidInput, Forbidden: see `extension_for`, `destination`.
    """
    region = str(pbx.config.get("region") or _HOME)
    limits = read_dialing(settings, region)
    mapping = (crm.config.get("user_extensions") if crm else None) or {}
    extension = extension_for(
        code=request.code, user_id=request.user_id, mapping=mapping, known=known
    )
    client = destination(request.phone, limits, region, known)
    asked = to_e164(request.line, region) if request.line else None
    own = own_lines(pbx, crm)
    line = line_for(asked, extension, own=own, shown=_shown(pbx))
    return Order(extension, client, line, bool(request.line) and asked not in own, limits)


def _per_minute(key: str, clicks: int) -> Budget:
    """Half of a minute's clicks at once, the rest spread over it."""
    return Budget(key, clicks / 60, max(1, clicks // 2))


def own_lines(pbx: Account, crm: Account | None) -> set[str]:
    """The company's numbers: named in either connection, or shown for somebody already."""
    named = (pbx.config.get("numbers"), crm.config.get("lines") if crm else None)
    return {*_shown(pbx).values(), *(number for numbers in named for number in numbers or {})}


def _shown(pbx: Account) -> Mapping[str, str]:
    shown: Mapping[str, str] = pbx.config.get("shown") or {}
    return {extension: number for extension, number in shown.items() if number}
