"""A rehearsal's memory lies in the visitor's page: sealed, for one person, for two hours."""

from datetime import UTC, datetime, timedelta

import pytest

from kommutator.domain.assistant.talk import Talk
from kommutator.doors.console.try_state import TryState, opened, sealed
from kommutator.kit.crypto import Place, Vault
from kommutator.kit.keyring import parse_keys

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HERS = Place("0367", "assistant_try", "olga", "state")
STATE = TryState(Talk(services=(11,), language="uk"), "salon", "+79161234567", "uk", NOW)


@pytest.fixture
def vault() -> Vault:
    return Vault(parse_keys("k1:" + "A" * 43 + "="))


def test_it_comes_back_as_it_went(vault: Vault) -> None:
    assert opened(vault, HERS, sealed(vault, HERS, STATE), NOW) == STATE


def test_nobody_reads_it_on_the_way(vault: Vault) -> None:
    assert "79161234567" not in sealed(vault, HERS, STATE)


@pytest.mark.parametrize("after", [timedelta(hours=2), timedelta(days=1)])
def test_an_old_one_is_forgotten(vault: Vault, after: timedelta) -> None:
    assert opened(vault, HERS, sealed(vault, HERS, STATE), NOW + after) is None


@pytest.mark.parametrize(
    "place",
    [
        Place("0411", "assistant_try", "olga", "state"),
        Place("0367", "assistant_try", "ivan", "state"),
    ],
)
def test_somebody_elses_is_not_opened(vault: Vault, place: Place) -> None:
    assert opened(vault, place, sealed(vault, HERS, STATE), NOW) is None


@pytest.mark.parametrize("text", ["", "???", "e30=", "bnVsbA==", "W10=", "я", "x" * 50_000])
def test_what_is_none_of_ours_is_nothing(vault: Vault, text: str) -> None:
    assert opened(vault, HERS, text, NOW) is None
