"""Times, numbers and forms as people read and write them."""

from datetime import UTC, datetime, timedelta

import pytest

from kommutator.doors.console import formats
from kommutator.doors.console import settings_form as forms
from kommutator.kit.errors import InvalidInput
from kommutator.kit.zones import zone

MINSK = zone("Europe/Minsk")
NOW = datetime(2026, 3, 2, 21, 30, tzinfo=UTC)  # half past midnight in Minsk


def test_today_is_told_by_the_clock_of_the_enterprise() -> None:
    assert formats.moment(NOW - timedelta(minutes=20), NOW, MINSK, "ru") == "00:10:00"
    assert formats.moment(NOW - timedelta(hours=1), NOW, MINSK, "ru") == "2 мар. 23:30"
    assert formats.moment(NOW - timedelta(days=90), NOW, MINSK, "en") == "3 Dec 2025 00:30"


def test_the_day_begins_at_the_enterprises_midnight() -> None:
    assert formats.start_of_day(NOW, MINSK) == datetime(2026, 3, 2, 21, tzinfo=UTC)


def test_a_forms_day_is_a_whole_local_day() -> None:
    assert formats.day_bounds("2026-03-02", MINSK) == datetime(2026, 3, 1, 21, tzinfo=UTC)
    assert formats.day_bounds("2026-03-02", MINSK, end=True) == datetime(2026, 3, 2, 21, tzinfo=UTC)
    assert formats.day_bounds("soon", MINSK) is None


def test_a_day_of_clock_change_has_its_own_length() -> None:
    kyiv = zone("Europe/Kyiv")
    start = formats.day_bounds("2026-03-29", kyiv)
    end = formats.day_bounds("2026-03-29", kyiv, end=True)
    assert start is not None
    assert end is not None
    assert end - start == timedelta(hours=23)


def test_an_unknown_zone_does_not_take_the_page_down() -> None:
    assert zone("Mars/Base").key == "Europe/Moscow"
    assert zone("../etc/passwd").key == "Europe/Moscow"


@pytest.mark.parametrize(
    ("seconds", "said"), [(None, "—"), (0, "0:00"), (67, "1:07"), (3723.9, "1:02:03"), (-5, "0:00")]
)
def test_spans(seconds: float | None, said: str) -> None:
    assert formats.span(seconds) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("+375170000070", "+375 17 000-00-70"),
        ("150", "150"),
        (None, ""),
        ("anonymous", "anonymous"),
    ],
)
def test_phones(number: str | None, said: str) -> None:
    assert formats.phone(number) == said


def test_lines_are_brought_to_one_spelling_and_empty_ones_dropped() -> None:
    sent = {
        "line-0": "8 (017) 360-00-70",
        "site-0": "shop-main",
        "line-1": "+375 17 360-00-71",
        "site-1": "",
        "line-2": "",
        "site-2": "shop-opt",
    }
    with pytest.raises(InvalidInput, match="line_invalid"):
        forms.lines({"line-0": "phone", "site-0": "shop-main"})
    sent["line-0"] = "+375 17 360-00-70"
    assert forms.lines(sent) == {"+375173600070": "shop-main"}


def test_a_rule_keeps_only_what_was_chosen() -> None:
    sent = {
        "rule-0-create": "task",
        "rule-0-direction": "in",
        "rule-0-result": "missed",
        "rule-0-client": "",
        "rule-0-text": " Call back ",
        "rule-0-due": "15",
        "rule-0-performer": "150",
        "rule-1-create": "",
        "rule-1-text": "left over",
        "rule-2-create": "customer",
        "rule-2-client": "new",
        "rule-2-text": "From the phone",
    }
    assert forms.rules(sent) == [
        {
            "create": "task",
            "direction": "in",
            "result": "missed",
            "text": "Call back",
            "performer": "150",
            "due_minutes": 15,
        },
        {"create": "customer", "client": "new", "name": "From the phone"},
    ]


@pytest.mark.parametrize("text", ["0", "11", "-1", "", "many", "nan"])
def test_a_rate_the_vendor_would_not_stand(text: str) -> None:
    with pytest.raises(InvalidInput, match="rate_invalid"):
        forms.rate(text)


def test_a_rate_may_be_written_with_a_comma() -> None:
    assert forms.rate("7,5") == 7.5


def test_retention_is_asked_for_in_sensible_days() -> None:
    families = [family for family, _ in forms.retention({})]
    assert {"journal", "calls", "recordings", "route_answers"} <= set(families)
    kept = {f"keep_{family}": "30" for family in families}
    assert forms.kept_days(kept) == dict.fromkeys(families, 30)
    with pytest.raises(InvalidInput, match="retention_invalid"):
        forms.kept_days({**kept, "keep_calls": "0"})
    assert dict(forms.retention({"retention_days": {"calls": 30}}))["calls"] == 30
