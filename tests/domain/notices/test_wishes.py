"""Who hears what, and when: filters, quiet hours, digests."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kommutator.domain.notices.digest import Held, bundled
from kommutator.domain.notices.wishes import Wishes, checked_wishes, dump_wishes, read_wishes
from kommutator.domain.salon.changes import VisitChange, VisitNews
from kommutator.domain.salon.facts import Booked, Visit
from kommutator.kit.errors import InvalidInput

AT = datetime(2026, 12, 1, 10)  # noqa: DTZ001  a salon's own time has no zone
MINSK = "Europe/Minsk"


def visit(**more: Any) -> Visit:
    given = {"id": 5, "staff_id": 1, "starts_at": AT, "seance_s": 3600, **more}
    return Visit(services=(Booked(9, "Haircut"),), **given)


CREATED = VisitChange(None, visit(), (VisitNews.CREATED,))
HANDED = VisitChange(visit(), visit(staff_id=2), (VisitNews.MOVED, VisitNews.CHANGED))


@pytest.mark.parametrize(
    ("wishes", "change", "told"),
    [
        ({}, CREATED, VisitNews.CREATED),
        ({"news": ["cancelled"]}, CREATED, None),
        ({"news": ["changed"]}, HANDED, VisitNews.CHANGED),
        ({"salons": [962302]}, CREATED, VisitNews.CREATED),
        ({"salons": [1]}, CREATED, None),
        ({"staff": [2]}, CREATED, None),
        ({"staff": [1]}, HANDED, VisitNews.MOVED),
        ({"staff": [2]}, HANDED, VisitNews.MOVED),
        ({"services": [9]}, CREATED, VisitNews.CREATED),
        ({"services": [8]}, CREATED, None),
        ({}, VisitChange(None, visit(), (VisitNews.CREATED,), first_read=True), None),
    ],
)
def test_filters(wishes: dict[str, Any], change: VisitChange, told: VisitNews | None) -> None:
    assert checked_wishes(wishes).of(962302, change) is told


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        ("2026-12-01T18:59:00Z", None),  # 21:59 in Minsk
        ("2026-12-01T19:00:00Z", "2026-12-02T05:00:00Z"),
        ("2026-12-02T04:59:00Z", "2026-12-02T05:00:00Z"),
        ("2026-12-02T05:00:00Z", None),
    ],
)
def test_quiet_hours_over_midnight(now: str, ends: str | None) -> None:
    wishes = checked_wishes({"quiet": {"begin": "22:00", "end": "08:00"}})
    until = wishes.quiet_until(datetime.fromisoformat(now), MINSK)
    assert until == (datetime.fromisoformat(ends) if ends else None)


def test_quiet_hours_within_a_day_and_in_a_zone_of_ones_own() -> None:
    now = datetime(2026, 12, 1, 12, tzinfo=UTC)
    wishes = checked_wishes({"quiet": {"begin": "12:00", "end": "13:00"}, "time_zone": "UTC"})
    assert wishes.quiet_until(now, MINSK) == now + timedelta(hours=1)
    assert wishes.quiet_until(now + timedelta(hours=1), MINSK) is None
    same = checked_wishes({"quiet": {"begin": "12:00", "end": "12:00"}})
    assert same.quiet_until(now, "UTC") is None


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"news": []}, "news"),
        ({"news": ["gossip"]}, "news"),
        ({"staff": ["x"]}, "staff"),
        ({"staff": list(range(501))}, "staff"),
        ({"quiet": {"begin": "25:00", "end": "08:00"}}, "quiet"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"language": "de"}, "language"),
        ({"other": 1}, "wishes"),
    ],
)
def test_odd_wishes_name_their_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_wishes(given)
    assert refused.value.code == "notice_wishes_invalid"
    assert refused.value.params["field"] == field


def test_wishes_survive_the_table() -> None:
    wishes = checked_wishes({"staff": [3], "quiet": {"begin": "21:00", "end": "09:00"}})
    assert read_wishes(dump_wishes(wishes)) == wishes
    assert read_wishes("{}") == Wishes()


def test_a_digest_keeps_order_and_the_longest_message() -> None:
    held = [Held(n, str(n) * 30) for n in range(1, 6)]
    bundles = bundled(held, "While it was quiet:", 100)
    assert [one.ids for one in bundles] == [(1, 2), (3, 4, 5)]
    assert all(len(one.text) <= 100 for one in bundles)
    assert bundles[0].text.startswith("While it was quiet:\n\n111")
    assert bundled([Held(1, "alone")], "head", 100)[0].text == "alone"
    assert bundled([], "head", 100) == []
