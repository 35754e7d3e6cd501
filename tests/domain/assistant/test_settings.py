"""How the assistant is set up, as stored and as given."""

from uuid import UUID

import pytest

from kommutator.domain.assistant.settings import (
    AssistantSettings,
    checked_settings,
    read_settings,
)
from kommutator.kit.errors import InvalidInput

SALON = UUID(int=1)


def test_nobody_gets_a_bot_unasked() -> None:
    assert not read_settings({}).works_in(SALON)
    assert not read_settings({"assistant": {"on": "certainly"}}).works_in(SALON)


def test_a_salons_own_word_counts_more() -> None:
    settings = read_settings({"assistant": {"on": True, "salons": {str(SALON): False}}})
    assert not settings.works_in(SALON)
    assert settings.works_in(UUID(int=2))


def test_settings_from_outside_are_kept_or_refused_by_name() -> None:
    given = {"on": True, "brain": "llm", "debounce": {"quiet_s": 1}, "pause_hours": 3}
    settings = checked_settings(given)
    assert (settings.brain, settings.debounce.quiet_s, settings.debounce.longest_s) == (
        "llm", 1, 12.0,
    )  # fmt: skip
    assert checked_settings({}) == AssistantSettings()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"brain": "human"}, "brain"),
        ({"pause_hours": 0}, "pause_hours"),
        ({"debounce": {"quiet_s": 61}}, "debounce.quiet_s"),
        ({"surprise": 1}, "assistant"),
    ],
)
def test_what_cannot_be_is_named(given: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_settings(given)
    assert (refused.value.code, refused.value.params) == (
        "assistant_settings_invalid", {"field": field},
    )  # fmt: skip
