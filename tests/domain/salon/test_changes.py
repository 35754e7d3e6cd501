"""What people are told of a visit: each difference that they would see, and nothing else."""

from dataclasses import replace
from datetime import datetime

import pytest

from kommutator.domain.salon.changes import VisitNews, news_of
from kommutator.domain.salon.facts import Attendance, Booked, Visit

BEFORE = Visit(
    id=1,
    staff_id=7,
    starts_at=datetime(2026, 11, 21, 10, 0),  # noqa: DTZ001  the salon's own time
    seance_s=3600,
    services=(Booked(11, "Haircut", 1500), Booked(12, "Styling", 500)),
    client_id=5,
)
LATER = datetime(2026, 11, 21, 12, 0)  # noqa: DTZ001  the salon's own time


def test_one_that_is_new() -> None:
    assert news_of(None, BEFORE) == (VisitNews.CREATED,)


def test_one_that_came_and_went_between_two_looks() -> None:
    assert news_of(None, replace(BEFORE, deleted=True)) == ()


@pytest.mark.parametrize(
    ("after", "news"),
    [
        (replace(BEFORE, starts_at=LATER), (VisitNews.MOVED,)),
        (replace(BEFORE, staff_id=8), (VisitNews.MOVED,)),
        (replace(BEFORE, deleted=True), (VisitNews.CANCELLED,)),
        (replace(BEFORE, seance_s=1800), (VisitNews.CHANGED,)),
        (replace(BEFORE, services=BEFORE.services[:1]), (VisitNews.CHANGED,)),
        (replace(BEFORE, services=BEFORE.services[::-1]), ()),
        (replace(BEFORE, comment="by the window"), ()),
        (replace(BEFORE, attendance=Attendance.CONFIRMED), (VisitNews.CONFIRMED,)),
        (replace(BEFORE, attendance=Attendance.CAME), (VisitNews.CAME,)),
        (replace(BEFORE, attendance=Attendance.NO_SHOW), (VisitNews.NO_SHOW,)),
        (replace(BEFORE, starts_at=LATER, client_id=6), (VisitNews.MOVED, VisitNews.CHANGED)),
    ],
)
def test_differences(after: Visit, news: tuple[VisitNews, ...]) -> None:
    assert news_of(BEFORE, after) == news


def test_back_from_the_bin() -> None:
    gone = replace(BEFORE, deleted=True)
    assert news_of(gone, gone) == ()
    assert news_of(gone, BEFORE) == (VisitNews.RESTORED,)
    assert news_of(gone, replace(BEFORE, starts_at=LATER)) == (
        VisitNews.RESTORED,
        VisitNews.MOVED,
    )


def test_attendance_taken_back_is_no_news() -> None:
    came = replace(BEFORE, attendance=Attendance.CAME)
    assert news_of(came, BEFORE) == ()
