"""The enterprise that the doctor's tests look at, and what a look found, in short."""

from collections.abc import Sequence
from typing import Any

from kommutator.domain.connection import Account
from kommutator.domain.finding import Finding
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.kit.clock import SystemClock

HERE = EnterpriseNumber("0367")
ADMIN = Actor("admin@0367.example", Role.ENTERPRISE_ADMIN, HERE)
NOW = SystemClock().now()


def seen(found: Sequence[Finding]) -> dict[str, tuple[str, str]]:
    return {finding.check: (finding.health.value, finding.word) for finding in found}


def fields_of(account: Account) -> dict[str, Any]:
    return {name: getattr(account, name) for name in Account.__slots__}
