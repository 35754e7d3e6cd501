from __future__ import annotations

import pytest

from kommutator.domain.assistant.frame import Expecting, Named, Vocabulary
from tests.support.rules_salon import (
    BEARD,
    BROWS,
    CHILDREN,
    COLOUR,
    HAIR_AND_BEARD,
    LASHES,
    MEN,
    NOW,
    PEDICURE,
    READER,
    STYLING,
    WITH_COATING,
    WITHOUT,
    WOMEN,
    read,
)

_HAIRCUTS = (MEN, WOMEN, CHILDREN)
_MANICURES = (WITH_COATING, WITHOUT)


@pytest.mark.parametrize(
    ("text", "clear", "unclear"),
    [
        ("на педикюр", (PEDICURE,), ()),
        ("хочу мужскую стрижку", (MEN,), ()),
        ("стрижка женская", (WOMEN,), ()),
        ("стрижка", (), _HAIRCUTS),
        ("хочу подстричься", (), _HAIRCUTS),
        ("постричь сына", (), _HAIRCUTS),
        ("маникюр", (), _MANICURES),
        ("маникюр с покрытием", (WITH_COATING,), ()),
        ("маникюр без покрытия", (WITHOUT,), ()),
        ("маник с гелем", (WITH_COATING,), ()),
        ("шеллак", (WITH_COATING,), ()),
        ("ноготки", (), _MANICURES),
        ("маникюр и педикюр", (PEDICURE,), _MANICURES),
        ("маникюр с покрытием и педикюр", (WITH_COATING, PEDICURE), ()),
        ("педикюр, укладка", (PEDICURE, STYLING), ()),
        ("покраситься", (COLOUR,), ()),
        ("стрижка + борода", (HAIR_AND_BEARD,), ()),
        ("бороду", (BEARD,), ()),
        ("брови", (BROWS,), ()),
        ("ламинацию ресничек", (LASHES,), ()),
        ("стрижка, мужская", (MEN,), ()),
        ("педекюр", (PEDICURE,), ()),
        ("манекюр с покрытием", (WITH_COATING,), ()),
        ("педікюр і вкладання", (PEDICURE, STYLING), ()),
        ("чоловіча стрижка", (MEN,), ()),
        ("men's haircut", (MEN,), ()),
        ("a manicure with gel polish", (WITH_COATING,), ()),
        ("зубы", (), ()),
        ("мужская стрижка и детская", (MEN, CHILDREN), ()),
        ("наращивание ресниц", (), ()),
        ("снятие гель-лака", (), ()),
        ("педікюр з покриттям", (PEDICURE,), ()),
        ("завтра к Анне", (), ()),
    ],
)
def test_services_by_the_words_of_clients(
    text: str, clear: tuple[int, ...], unclear: tuple[int, ...]
) -> None:
    frame = read(text)
    assert (frame.services, frame.maybe_services) == (clear, unclear)


@pytest.mark.parametrize(
    ("text", "clear"),
    [("мужскую", (MEN,)), ("с покрытием", (WITH_COATING,)), ("женскую", (WOMEN,))],
)
def test_an_adjective_answers_which_service(text: str, clear: tuple[int, ...]) -> None:
    assert read(text, Expecting.SERVICE).services == clear


def test_a_service_the_salon_has_not_is_unclear() -> None:
    frame = read("хочу наращивание")
    assert (frame.services, frame.maybe_services, frame.unclear) == ((), (), ("наращивание",))


def test_an_alias_of_one_shared_word_catches_only_itself() -> None:
    salon = Vocabulary(
        services=(Named(1, "Маникюр с покрытием", ("маник",)), Named(2, "Маникюр без покрытия"))
    )
    assert READER.read("маник", salon, NOW).services == (1,)
    assert READER.read("маникюр", salon, NOW).maybe_services == (1, 2)


def test_words_of_the_salon_that_no_trade_knows() -> None:
    salon = Vocabulary(services=(Named(1, "Ритуал Клеопатра"), Named(2, "Чай у камина")))
    assert READER.read("хочу клеопатру на завтра", salon, NOW).services == (1,)
    assert READER.read("ритуал клиопатра", salon, NOW).services == (1,)
