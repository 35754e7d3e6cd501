"""Recorded calls of a real Asterisk, drawn; and the drawing's words."""

import pytest

from kommutator.domain.calls.board import Board
from kommutator.domain.calls.memory import Memory
from kommutator.doors.console.card import read_memory
from kommutator.doors.console.picture import WIDTH, Picture, draw
from kommutator.doors.console.picture_words import describe
from kommutator.doors.console.route_words import explain_route
from kommutator.kit.texts import LOCALES, Texts
from tests.support.calls import NAMES, events_of

TEXTS = Texts.load()
LATER = 4e9


def memory_of(name: str) -> Memory:
    board = Board()
    for event in events_of(name):
        board.feed(event)
    return next(iter(board.calls.values()))


def drawn(name: str) -> Picture:
    picture = draw(memory_of(name), LATER)
    assert picture is not None
    return picture


def doings(name: str) -> list[tuple[str | None, list[str]]]:
    return [(row.extension, [span.doing for span in row.spans]) for row in drawn(name).rows]


def test_an_incoming_call_to_a_group_shows_who_rang_and_who_talked() -> None:
    assert doings("inbound_answered") == [
        (None, ["waits", "talks"]),
        ("150", ["rings", "talks"]),
        ("151", ["rings"]),
    ]
    client, taker, _ = drawn("inbound_answered").rows
    assert client.spans[1].others == ("150",)
    assert taker.spans[1].others == (None,)
    assert client.spans[0].until == pytest.approx(1.0, abs=0.1)


def test_a_click_rings_the_employee_first() -> None:
    assert doings("click2call_answered") == [
        ("150", ["rings", "talks"]),
        (None, ["rings", "talks"]),
    ]


def test_a_blind_transfer_leaves_the_client_waiting_in_between() -> None:
    picture = drawn("transfer_blind")
    assert picture.transfers == ("blind:152",)
    client = picture.rows[0]
    assert [span.doing for span in client.spans] == ["waits", "talks", "holds", "talks"]
    assert [span.others for span in client.spans if span.others] == [("150",), ("152",)]


def test_an_attended_transfer_shows_the_consultation() -> None:
    picture = drawn("transfer_attended")
    newcomer = next(row for row in picture.rows if row.extension == "152")
    assert [span.others for span in newcomer.spans if span.others] == [("150",), (None,)]
    assert picture.transfers == ("attended",)


@pytest.mark.parametrize(
    ("name", "refusal"), [("inbound_busy", "busy"), ("inbound_declined", "declined")]
)
def test_phones_that_refuse_say_how(name: str, refusal: str) -> None:
    phones = [row for row in drawn(name).rows if row.extension]
    assert {row.extension: row.refusal for row in phones} == {"150": refusal, "151": refusal}


@pytest.mark.parametrize("name", NAMES)
def test_every_bar_lies_inside_its_picture_and_after_the_one_before(name: str) -> None:
    picture = draw(memory_of(name), LATER)
    if picture is None:
        assert not memory_of(name).legs
        return
    assert picture.rows
    for row in picture.rows:
        at = 0.0
        for span in row.spans:
            assert at - 1e-6 <= span.since <= span.until <= picture.seconds + 1e-6
            assert 0 <= span.x <= WIDTH
            at = span.since


def test_what_still_goes_on_ends_now() -> None:
    memory = memory_of("inbound_answered")
    born = min(leg.born for leg in memory.legs.values() if leg.born is not None)
    for leg in memory.legs.values():
        leg.died = None
    memory.marks = [mark for mark in memory.marks if not mark.leaves]
    picture = draw(memory, born + 60)
    assert picture is not None
    assert picture.seconds == 60
    assert picture.rows[0].spans[-1].until == 60


def test_a_call_that_http_told_has_no_picture() -> None:
    assert draw(Memory("x"), LATER) is None
    assert read_memory("{}") is None
    assert read_memory('{"id": 5}') is None


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", NAMES)
def test_every_picture_can_be_read_aloud(name: str, locale: str) -> None:
    picture = draw(memory_of(name), LATER)
    if picture is None:
        return
    shown = describe(
        picture,
        client="Client",
        holders={"150": "Anna"},
        t=lambda slug, **params: TEXTS.translate(locale, slug, **params),
    )
    assert len(shown.ticks) == 3
    for row in shown.rows:
        assert row.label in ("Client", "150 · Anna", "151", "152")
        assert all("picture." not in bar.words for bar in row.bars)
        assert row.words.startswith(row.label)
    assert all("picture." not in word and ":" not in word for word in shown.transfers)


def explained(locale: str, **changes: object) -> str:
    given: dict[str, object] = {
        "extension": "152", "why": "route.owner", "age_s": 7200.0, "skipped": [],
        "remembered": False, **changes,
    }  # fmt: skip
    told = explain_route(
        holders={"152": "Vera"},
        say=lambda *slugs, **params: TEXTS.first(locale, *slugs, **params),
        locale=locale,
        **given,  # type: ignore[arg-type]  # the changes are the test's own
    )
    return " | ".join([told.who, told.why, told.age, *told.skipped])


def test_an_answer_says_who_why_and_how_old() -> None:
    owner = TEXTS.translate("en", "route.owner")
    assert explained("en") == f"152 · Vera | {owner} | known for 2 hours"
    passed = explained("en", skipped=[("150", "dinner"), ("", "no_extension")], age_s=None)
    lunch, nobody = (TEXTS.translate("en", f"route.skip.{s}") for s in ("dinner", "no_extension"))
    assert passed == f"152 · Vera | {owner} |  | 150 — {lunch} | {nobody}"
    assert "new_slug" in explained("en", why="new_slug")  # written by a newer version
