"""Rules of reminders from outside: whole, or refused with the field that is wrong."""

from typing import Any

import pytest

from kommutator.domain.outreach.wanted import OutreachKind
from kommutator.domain.remind.rules import (
    KEY,
    RemindSettings,
    checked_rules,
    dump_rules,
    read_rules,
)
from kommutator.kit.errors import InvalidInput
from tests.support.outreach import SALON

LINK = {"title": "2GIS", "url": "https://2gis.example/r/1"}


def test_what_is_saved_is_read_back() -> None:
    given = {
        "rules": {"day": {"way": "hours", "hours": 24}, "review": {"links": [LINK]}},
        "salons": {str(SALON): {"win_back": {"on": True}}},
    }
    settings = checked_rules(given)
    assert read_rules({KEY: dump_rules(settings)}) == settings
    mine, other = settings.of(SALON), settings.rules
    assert mine is not None
    assert mine.wants(OutreachKind.WIN_BACK)
    assert not other.wants(OutreachKind.WIN_BACK)
    assert other.review.links[0].title == "2GIS"


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"day": {"begin": "21:00", "end": "19:00"}}, "day"),
        ({"day": {"begin": "7 pm"}}, "day"),
        ({"win_back": {"at": "25:00"}}, "win_back"),
        ({"review": {"links": [{"title": "x", "url": "javascript:alert(1)"}]}}, "review"),
        ({"review": {"links": [{"title": " ", "url": "https://a.example"}]}}, "review"),
        ({"review": {"links": [LINK] * 6}}, "review"),
        ({"texts": {"birthday": "hi"}}, "texts"),
        ({"hours": {"hours": 0}}, "rules.hours.hours"),
        ({"language": "de"}, "rules.language"),
        ({"unknown": 1}, "rules"),
    ],
)
def test_a_mistake_is_named(rules: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_rules({"rules": rules})
    assert refused.value.code == "remind_settings_invalid"
    assert refused.value.params["field"] == field


def test_an_unknown_place_in_a_text_is_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_rules({"rules": {"texts": {"review": "How was {master}?"}}})
    assert refused.value.code == "notice_place_unknown"
    assert refused.value.params["place"] == "master"


def test_what_no_version_wrote_sends_nothing() -> None:
    assert read_rules({KEY: {"on": "yes please"}}) == RemindSettings(on=False)
    assert read_rules({KEY: {"on": False}}).of(SALON) is None
