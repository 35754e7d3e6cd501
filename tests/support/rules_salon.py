"""A salon for messages that the rules are developed on; not the exam's one."""

from __future__ import annotations

from datetime import date, datetime, time

from kommutator.assistant.rules.reader import Reader
from kommutator.domain.assistant.frame import Expecting, Frame, Named, Vocabulary, When

NOW = datetime(2026, 11, 18, 10, 30)  # noqa: DTZ001  the salon's own time; a Wednesday
READER = Reader()

MEN, WOMEN, CHILDREN, WITH_COATING, WITHOUT, PEDICURE, COLOUR = 1, 2, 3, 4, 5, 6, 7
STYLING, BEARD, LASHES, BROWS, HAIR_AND_BEARD = 8, 9, 10, 11, 12
ANNA, OLGA, OLENA, IGOR, MARIA, MARINA, YULIA, OLESYA = 101, 102, 103, 104, 105, 106, 107, 108

VOCABULARY = Vocabulary(
    services=(
        Named(MEN, "Стрижка мужская"),
        Named(WOMEN, "Стрижка женская"),
        Named(CHILDREN, "Стрижка детская"),
        Named(WITH_COATING, "Маникюр с покрытием гель-лак", ("маник с гелем", "шеллак")),
        Named(WITHOUT, "Маникюр без покрытия"),
        Named(PEDICURE, "Педикюр"),
        Named(COLOUR, "Окрашивание в один тон"),
        Named(STYLING, "Укладка"),
        Named(BEARD, "Оформление бороды"),
        Named(LASHES, "Ламинирование ресниц"),
        Named(BROWS, "Коррекция бровей", ("брови",)),
        Named(HAIR_AND_BEARD, "Стрижка + борода"),
    ),
    staff=(
        Named(ANNA, "Анна Петрова"),
        Named(OLGA, "Ольга"),
        Named(OLENA, "Олена Шевченко"),
        Named(IGOR, "Игорь"),
        Named(MARIA, "Мария Соколова"),
        Named(MARINA, "Марина"),
        Named(YULIA, "Юлия"),
    ),
    opens=time(9),
    closes=time(21),
)


def read(
    text: str,
    expecting: Expecting = Expecting.NOTHING,
    *,
    now: datetime = NOW,
    vocabulary: Vocabulary = VOCABULARY,
) -> Frame:
    return READER.read(text, vocabulary, now, expecting)


def day(number: int, month: int = 11, year: int = 2026) -> When:
    that = date(year, month, number)
    return When(first=that, last=that)


def days(first: int, last: int, month: int = 11) -> When:
    return When(first=date(2026, month, first), last=date(2026, month, last))
