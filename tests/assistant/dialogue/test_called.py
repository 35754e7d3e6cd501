"""A visit called by its day or its person, and a day or a person that it goes to."""

from __future__ import annotations

from datetime import date

import pytest

from kommutator.assistant.dialogue import called
from kommutator.domain.assistant.frame import When
from tests.support.framed_talk import FRIDAY, MONDAY, ON_FRIDAY, on

TODAY = date(2026, 11, 18)


@pytest.mark.parametrize(
    "text",
    [
        "перенесите пятничную укладку",
        "перенесіть п'ятничну укладку на вечір",
        "move friday's styling to the evening",
        "move my friday styling",
        "я записана на пятницу, перенесите на вечер",
        "ту, которая в пятницу",
    ],
)
def test_a_visit_is_called_by_its_day(text: str) -> None:
    assert called.by_its_day(text, FRIDAY, TODAY, ON_FRIDAY)
    assert not called.by_its_day(text, MONDAY, TODAY, ON_FRIDAY)


@pytest.mark.parametrize(
    "text",
    [
        "перенесите укладку на пятницу",
        "перенесите на пятничный вечер",
        "есть пятничное время?",
        "любой день с пятницы",
        "move it to friday",
        "move it to friday's evening",
        "у меня в пятницу выходной, перенесите",
    ],
)
def test_a_day_that_it_goes_to_calls_no_visit(text: str) -> None:
    assert not called.by_its_day(text, FRIDAY, TODAY, ON_FRIDAY)
    assert not called.beside_its_goal(text, FRIDAY, TODAY, ON_FRIDAY)


@pytest.mark.parametrize(
    "text",
    ["с пятницы на понедельник", "з п'ятниці на понеділок", "from 20 November to monday"],
)
def test_a_visit_is_called_by_the_day_that_it_leaves(text: str) -> None:
    assert called.by_its_day(text, FRIDAY, TODAY, on(MONDAY))


@pytest.mark.parametrize(
    ("text", "beside"),
    [
        ("укладку в пятницу перенесите на понедельник", True),
        ("укладку 20 ноября на 23 ноября", True),
        ("перенесите на пятницу или понедельник", False),
        ("перенесите в пятницу или в понедельник", False),
    ],
)
def test_a_day_beside_the_one_that_it_goes_to(text: str, beside: bool) -> None:
    assert called.beside_its_goal(text, FRIDAY, TODAY, on(MONDAY)) is beside
    assert not called.beside_its_goal(text, FRIDAY, TODAY, When())


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("перенесите запись к Анне на вечер", True),
        ("перенесіть запис до Анни", True),
        ("I want to move my visit with Anna to friday", True),
        ("перенесите меня к Анне", False),
        ("перенесите к Анне", False),
        ("перенесите запись на пятницу к Анне", False),
        ("move my visit to friday with Anna", False),
    ],
)
def test_a_name_tells_whose_visit_it_is_or_to_whom_it_goes(text: str, tells: bool) -> None:
    assert called.by_whom(text) is tells
