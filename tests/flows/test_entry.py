from datetime import timedelta
from uuid import UUID

import jwt
import pytest

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.entry import EntryLinks
from kommutator.kit.clock import ManualClock
from kommutator.kit.errors import Unauthorized

KEY = b"k" * 32
ACCOUNT = Account(
    enterprise=EnterpriseNumber("0367"),
    connection_id=UUID(int=7),
    kind=ConnectionKind.RETAILCRM,
    name="June",
    base_url="https://example.invalid",
    status=ConnectionStatus.ACTIVE,
    config={},
    secrets={},
)


def test_a_link_opens_the_door_of_its_own_enterprise() -> None:
    links = EntryLinks(KEY, ManualClock())
    claim = links.read(links.token(ACCOUNT, 3))
    assert (claim.enterprise, claim.connection_id, claim.epoch) == ("0367", UUID(int=7), 3)


def test_the_url_is_the_requirements() -> None:
    links = EntryLinks(KEY, ManualClock())
    url = links.url("https://gate.example", ACCOUNT, 1)
    assert url.startswith("https://gate.example/retailcrm-admin/?enterprise_number=0367&token=eyJ")


async def test_a_link_lives_a_year() -> None:
    clock = ManualClock()
    links = EntryLinks(KEY, clock)
    token = links.token(ACCOUNT, 1)
    await clock.advance(timedelta(days=364).total_seconds())
    assert links.read(token).epoch == 1
    await clock.advance(timedelta(days=1).total_seconds())
    with pytest.raises(Unauthorized) as refused:
        links.read(token)
    assert refused.value.code == "entry_link_expired"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "garbage",
        jwt.encode({"aud": "kommutator:crm-entry", "sub": "x"}, KEY, algorithm="HS256"),
        jwt.encode({"aud": "other", "sub": "x", "iat": 1, "exp": 2}, KEY, algorithm="HS256"),
        EntryLinks(b"z" * 32, ManualClock()).token(ACCOUNT, 1),
    ],
)
def test_anything_else_stays_outside(token: str) -> None:
    with pytest.raises(Unauthorized) as refused:
        EntryLinks(KEY, ManualClock()).read(token)
    assert refused.value.code == "entry_link_invalid"


def test_an_unsigned_token_stays_outside() -> None:
    token = jwt.encode(
        {"aud": "kommutator:crm-entry", "sub": str(UUID(int=7)), "iat": 1, "exp": 9**12},
        None,
        algorithm="none",
    )
    with pytest.raises(Unauthorized):
        EntryLinks(KEY, ManualClock()).read(token)
