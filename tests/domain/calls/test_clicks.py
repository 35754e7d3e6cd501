"""A PBX that was not given our id tells of a click under one of its own."""

import random

import pytest

from kommutator.domain.calls.board import Board
from kommutator.domain.calls.call import Phase
from kommutator.domain.calls.events import TimeUp
from kommutator.domain.calls.memory import dump, load
from kommutator.domain.calls.read import read_call
from kommutator.domain.calls.reports import Click, Report, ReportKind
from kommutator.domain.commands import CallResult, Direction

CLIENT, AT = "+375000000070", 1_800_000_000.0
CLICK = Click(
    call_id="kmt-1", extension="150", client=CLIENT, requested_by="anna", line="+375000000001",
    blind=True,
)  # fmt: skip


def report(kind: ReportKind, after: float = 1.0, **told: object) -> Report:
    common = {"client": CLIENT, "direction": Direction.OUT, "extensions": ("150",)}
    return Report(kind=kind, call="1800.7", at=AT + after, **{**common, **told})  # type: ignore[arg-type]  a test's choice


def told(*reports: Report, clicks: tuple[Click, ...] = (CLICK,)) -> Board:
    """Each message on a board of its own, as rows of the journal are."""
    board = Board()
    for number, click in enumerate(clicks):
        board.feed(click)
        board.calls[click.call_id].clicked_at = AT + number
    for one in reports:
        board = Board([load(dump(memory)) for memory in board.calls.values()], board.aliases)
        board.adopt(one)
        board.feed(one)
    return board


STORY = (
    report(ReportKind.DIAL),
    report(ReportKind.BRIDGE, 4.0, client=None, direction=None),
    report(ReportKind.HANGUP, 10.0, result=CallResult.ANSWERED, talk_s=6),
)


def test_the_clicks_call_goes_through_all_its_phases() -> None:
    phases = []
    for count in range(len(STORY) + 1):
        (memory,) = told(*STORY[:count]).calls.values()
        phases.append(read_call(memory, fallback=AT).phase)
    call = read_call(memory)

    assert phases == [Phase.RINGING, Phase.RINGING, Phase.TALKING, Phase.ENDED]
    assert (call.id, call.requested_by, call.dialler, call.line) == (
        "kmt-1",
        "anna",
        "150",
        "+375000000001",
    )
    assert (call.result, call.talk_s, call.direction) == (
        CallResult.ANSWERED,
        6,
        Direction.OUT,
    )


@pytest.mark.parametrize("seed", range(6))
def test_in_any_order_it_is_one_call(seed: int) -> None:
    story = list(STORY)
    random.Random(seed).shuffle(story)  # noqa: S311  no secret
    board = told(*story)
    (memory,) = board.calls.values()

    assert memory.id == "kmt-1"
    assert read_call(memory).result is CallResult.ANSWERED
    assert board.find("1800.7") is memory


@pytest.mark.parametrize(
    "other",
    [
        report(ReportKind.DIAL, 61.0),
        report(ReportKind.DIAL, -6.0),
        report(ReportKind.DIAL, extensions=("151",)),
        report(ReportKind.DIAL, client="+375000000071"),
        report(ReportKind.DIAL, direction=Direction.IN),
    ],
)
def test_another_call_stays_another_call(other: Report) -> None:
    assert set(told(other).calls) == {"kmt-1", "1800.7"}


def test_a_pbx_that_has_our_id_needs_no_guessing() -> None:
    click = Click(call_id="kmt-1", extension="150", client=CLIENT, requested_by="anna")
    assert set(told(STORY[0], clicks=(click,)).calls) == {"kmt-1", "1800.7"}


def test_of_two_clicks_the_newest_unheard_one_takes_it() -> None:
    second = Click(call_id="kmt-2", extension="150", client=CLIENT, requested_by="anna", blind=True)
    board = told(STORY[0], clicks=(CLICK, second))
    assert board.find("1800.7") is board.calls["kmt-2"]
    later = Report(
        kind=ReportKind.DIAL, call="1800.8", at=AT + 3.0, client=CLIENT,
        direction=Direction.OUT, extensions=("150",),
    )  # fmt: skip
    board.adopt(later)
    assert board.find("1800.8") is board.calls["kmt-1"]


def test_a_pbx_that_says_nothing_is_not_said_to_have_refused() -> None:
    board = told()
    board.feed(TimeUp(call="kmt-1", at=AT + 70))
    call = read_call(board.calls["kmt-1"])
    assert (call.result, call.reason) == (CallResult.FAILED, "untold")
