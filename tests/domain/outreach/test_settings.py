"""A tenant's rules: what is stored is read back, what is nonsense is refused by its field."""

from typing import Any

import pytest

from kommutator.domain.outreach.hours import Hours
from kommutator.domain.outreach.ladder import Caps
from kommutator.domain.outreach.settings import (
    KEY,
    OutreachSettings,
    checked_settings,
    dump_settings,
    read_settings,
)
from kommutator.domain.outreach.wanted import OutreachKind
from kommutator.kit.errors import InvalidInput


def test_nothing_stored_is_the_usual() -> None:
    usual = read_settings({})
    assert usual == OutreachSettings()
    assert usual.hours == Hours("09:00", "21:00")
    assert [one.value for one in usual.order] == ["whatsapp", "whatsapp_cloud", "telegram", "avito"]
    assert not usual.first_contact


def test_what_is_stored_is_read_back() -> None:
    given = {"hours": {"begin": "10:00", "end": "20:00"}, "order": ["telegram"],
             "first_contact": True, "caps": {"per_day": 50, "new_per_day": 5},
             "off": ["win_back"]}  # fmt: skip
    settings = checked_settings(given)
    assert settings.caps == Caps(50, 5)
    assert not settings.sends(OutreachKind.WIN_BACK)
    assert settings.sends(OutreachKind.REVIEW)
    assert read_settings({KEY: dump_settings(settings)}) == settings


def test_what_cannot_be_read_sends_nothing() -> None:
    assert not read_settings({KEY: {"order": ["pigeon"]}}).sends(OutreachKind.REVIEW)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"hours": {"begin": "25:00", "end": "21:00"}}, "hours"),
        ({"order": []}, "order"),
        ({"order": ["telegram", "telegram"]}, "order"),
        ({"order": ["retailcrm"]}, "order"),
        ({"caps": {"per_day": -1, "new_per_day": 1}}, "caps"),
        ({"caps": {"per_day": 1001, "new_per_day": 1}}, "caps"),
        ({"caps": {"per_day": 10, "new_per_day": 41}}, "caps"),
        ({"off": ["spam"]}, "off"),
        ({"first_contact": "yes"}, "first_contact"),
        ({"volume": 11}, "outreach"),
    ],
)
def test_nonsense_is_refused_by_its_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_settings(given)
    assert (refused.value.code, refused.value.params) == (
        "outreach_settings_invalid", {"field": field}
    )  # fmt: skip
