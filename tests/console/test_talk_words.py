"""What the assistant understood and did, as people read it."""

from datetime import UTC, date, datetime, time
from functools import partial

import msgspec
import pytest

from kommutator.domain.assistant.frame import Frame, Intent, When
from kommutator.domain.assistant.talk import (
    AnyAct,
    BookVisit,
    CancelVisit,
    ConfirmVisit,
    MoveVisit,
    Offer,
    OptOut,
    Rate,
)
from kommutator.doors.console.talk_words import (
    Told,
    act_in_words,
    shown_turn,
    understood_in_words,
)
from kommutator.kit.texts import Texts
from kommutator.store.views.inbox import TurnLine

TEXTS = Texts.load()
RU = Told(partial(TEXTS.translate, "ru"), "ru", {11: "Стрижка"}, {7: "Анна"})
EN = Told(partial(TEXTS.translate, "en"), "en", {11: "Haircut"}, {7: "Anna"})
OFFER = Offer(7, datetime(2026, 11, 23, 18, 30), 3600)  # noqa: DTZ001  the salon's time


@pytest.mark.parametrize(
    ("frame", "told", "words"),
    [
        (
            Frame(
                Intent.BOOK,
                services=(11,),
                staff=7,
                when=When(date(2026, 11, 23), date(2026, 11, 23), after=time(17)),
            ),
            RU,
            ["Хочет записаться", "Стрижка", "Анна", "пн 23 нояб.", "после 17:00"],
        ),
        (
            Frame(Intent.MOVE, any_staff=True, when=When(date(2026, 11, 23), date(2026, 11, 24))),
            EN,
            ["Wants to move a visit", "any employee", "Mon 23 Nov – Tue 24 Nov"],
        ),
        (Frame(Intent.CHOICE, choice=-1), RU, ["Выбирает из предложенного", "последний вариант"]),
        (
            Frame(Intent.OTHER, maybe_services=(11, 12), unclear=("абра", "кадабра")),
            RU,
            ["Не понято", "одно из: Стрижка, № 12", "непонятные слова: абра, кадабра"],
        ),
    ],
)
def test_what_was_understood(frame: Frame, told: Told, words: list[str]) -> None:
    assert understood_in_words(frame, told) == words


@pytest.mark.parametrize("intent", list(Intent))
def test_every_wish_has_its_word(intent: Intent) -> None:
    (words,) = understood_in_words(Frame(intent), RU)
    assert not words.startswith("understood.")


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (
            BookVisit((11,), OFFER, "Олег", "+79161234567"),
            "Запись: Стрижка, Анна, 23 ноября 18:30, Олег, +7 916 123-45-67",
        ),
        (MoveVisit(5, OFFER), "Перенос: визит № 5, → Анна, 23 ноября 18:30"),
        (CancelVisit(5), "Отмена: визит № 5"),
        (ConfirmVisit(5, (6,)), "Подтверждение: визит № 5, визит № 6"),
        (Rate(5, 2, "долго"), "Оценка визита: оценка 2, долго"),
        (OptOut(), "Отказ от сообщений"),
    ],
)
def test_what_was_done(act: AnyAct, words: str) -> None:
    assert act_in_words(act, RU) == words


def test_a_turn_tells_what_came_of_it() -> None:
    line = a_turn(act=msgspec.to_builtins(CancelVisit(5)), acted={"state": "taken"})
    shown = shown_turn(line, RU)
    assert (shown.done, shown.tone) == ("Отмена: визит № 5 — время уже занято", "wait")


def test_a_turn_of_another_version_is_shown_without_its_words() -> None:
    shown = shown_turn(a_turn(understood={"intent": "dance"}, act={"act": "dance"}), RU)
    assert (shown.understood, shown.done) == ((), "")


def a_turn(**more: object) -> TurnLine:
    given = {
        "id": 1, "no": 1, "at": datetime(2026, 11, 22, tzinfo=UTC), "brain": "rules",
        "understood": None, "act": None, "acted": None, "record_id": None, "said": [],
        "hand_over": None, "outcome": "answered", "ms": 10, **more,
    }  # fmt: skip
    return TurnLine(**given)  # type: ignore[arg-type]  # each has its own type
