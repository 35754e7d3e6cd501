from __future__ import annotations

import pytest

from kommutator.assistant.rules.line import Line
from kommutator.assistant.rules.occasions import strike_out


@pytest.mark.parametrize(
    ("marked", "left"),
    [
        (" I рейс Q0 W0 , CAN W1 ", " I рейс Q0 _ , CAN W1 "),
        (" flight Q0 W0 , CAN Q1 W1 ", " flight _ _ , CAN Q1 W1 "),
        (" RECORD Q0 оставьте , Q1 REMOVE ", " RECORD _ оставьте , Q1 REMOVE "),
        (" AFTER школы W0 , Q0 ", " AFTER школы W0 , Q0 "),
        (" I рейс Q0 W0 ", " I рейс Q0 W0 "),
        (" DOES W0 WORK ? W1 ", " DOES W0 WORK ? W1 "),
    ],
)
def test_only_the_visits_own_times_stay_where_both_are_said(marked: str, left: str) -> None:
    line = Line(marked)
    strike_out(line)
    assert line.text == left
