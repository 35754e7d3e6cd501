"""Who has said it all need not be waited for."""

import pytest

from kommutator.domain.assistant.debounce import wait_s
from kommutator.domain.assistant.frame import Expecting
from kommutator.domain.assistant.settings import Debounce

RULES = Debounce(quiet_s=3.5, longest_s=12.0)


@pytest.mark.parametrize(
    ("text", "expecting"),
    [
        ("2", Expecting.NOTHING),
        ("1️⃣", Expecting.CHOICE),
        ("СТОП", Expecting.NOTHING),
        ("stop!", Expecting.NOTHING),
        ("да", Expecting.YES_OR_NO),
        ("Так!", Expecting.YES_OR_NO),
        ("в 18:30", Expecting.TIME),
        ("18 30", Expecting.CHOICE),
        ("Анна Петрова", Expecting.NAME),
        ("+7 916 123-45-67", Expecting.PHONE),
    ],
)
def test_an_answer_that_is_whole_is_taken_at_once(text: str, expecting: Expecting) -> None:
    assert wait_s(RULES, text, "text", expecting) == 0.0


@pytest.mark.parametrize(
    ("text", "kind", "expecting"),
    [
        ("Запишите", "text", Expecting.NOTHING),
        ("да", "text", Expecting.NOTHING),
        ("да, но лучше в пять", "text", Expecting.YES_OR_NO),
        ("завтра", "text", Expecting.TIME),
        ("меня зовут Анна, и ещё вопрос", "text", Expecting.NAME),
        ("916", "text", Expecting.PHONE),
        ("", "image", Expecting.NOTHING),
        ("2", "image", Expecting.NOTHING),
    ],
)
def test_everything_else_may_go_on(text: str, kind: str, expecting: Expecting) -> None:
    assert wait_s(RULES, text, kind, expecting) == 3.5
