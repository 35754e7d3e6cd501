"""Whose calls somebody may cancel or take."""

import pytest

from kommutator.domain.reach import may_cancel, may_take
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission, Role

HERE = EnterpriseNumber("0367")
ADMIN = Actor("boss", Role.ENTERPRISE_ADMIN, HERE)
EMPLOYEE = Actor("anna", Role.EMPLOYEE, HERE)
PLACER = Actor("key:crm", Role.ENTERPRISE_ADMIN, HERE, scopes=frozenset({Permission.PLACE_CALLS}))
READER = Actor("key:r", Role.ENTERPRISE_ADMIN, HERE, scopes=frozenset({Permission.READ_CALLS}))


@pytest.mark.parametrize(
    ("actor", "own", "requested_by", "phones", "may"),
    [
        (ADMIN, None, "somebody", ("151",), True),
        (EMPLOYEE, None, "anna", ("151",), True),
        (EMPLOYEE, "150", "retailcrm:19", ("150",), True),
        (EMPLOYEE, "150", "retailcrm:18", ("151",), False),
        (EMPLOYEE, None, None, (), False),
        (PLACER, None, "key:crm", ("150",), True),
        (PLACER, None, "anna", ("150",), False),
        (READER, None, "key:r", ("150",), False),
    ],
)
def test_cancelling(
    actor: Actor, own: str | None, requested_by: str | None, phones: tuple[str, ...], may: bool
) -> None:
    assert may_cancel(actor, own, requested_by=requested_by, phones=phones) is may


@pytest.mark.parametrize(
    ("actor", "own", "to", "may"),
    [
        (ADMIN, None, "151", True),
        (EMPLOYEE, "150", None, True),
        (EMPLOYEE, "150", "150", True),
        (EMPLOYEE, "150", "151", False),
        (EMPLOYEE, None, "151", False),
        (PLACER, None, "151", False),
        (READER, "150", None, False),
    ],
)
def test_taking(actor: Actor, own: str | None, to: str | None, may: bool) -> None:
    assert may_take(actor, own, to) is may
