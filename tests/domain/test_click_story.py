"""How far a click has come, in one word and one sentence."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kommutator.domain.calls.call import Call, Phase
from kommutator.domain.click_story import Placing, click_story
from kommutator.domain.commands import CallResult, Direction

CALL = Call(
    id="kmt-1",
    direction=Direction.OUT,
    client="+375000000070",
    line=None,
    phase=Phase.RINGING,
    started_at=datetime(2026, 1, 1, tzinfo=UTC),
)
RINGING = replace(CALL, rang=("150",))
ENDED = replace(CALL, phase=Phase.ENDED, result=CallResult.FAILED, reason="not_placed")
PLACED = Placing("done", "150")


@pytest.mark.parametrize(
    ("call", "placing", "state", "said"),
    [
        (CALL, Placing("due", "150"), "placed", "click.placed"),
        (CALL, PLACED, "placed", "click.placed"),
        (CALL, Placing("due", "150", 2, "transient", "down"), "placed", "click.pbx_silent"),
        (RINGING, PLACED, "ringing_employee", "click.ringing_employee"),
        (replace(RINGING, client_dialled=True), PLACED, "ringing_client", "click.ringing_client"),
        (replace(RINGING, phase=Phase.TALKING), PLACED, "talking", "click.talking"),
        (
            replace(RINGING, phase=Phase.ENDED, result=CallResult.ANSWERED, talk_s=7),
            replace(PLACED, cancelled=True),
            "ended",
            "click.answered",
        ),
        (
            replace(RINGING, phase=Phase.ENDED, result=CallResult.FAILED, reason="manager_busy"),
            PLACED,
            "ended",
            "reason.manager_busy",
        ),
        (ENDED, replace(PLACED, cancelled=True), "ended", "click.cancelled"),
        (CALL, Placing("dropped", "150"), "ended", "click.cancelled"),
        (CALL, Placing("dead", "150", 3, "transient", "down"), "ended", "click.pbx_down"),
        (ENDED, Placing("dead", "150"), "ended", "click.pbx_down"),
        (ENDED, Placing("dead", "150", 1, "unsure", "silence"), "ended", "click.unsure"),
        (ENDED, Placing("dead", "150", 1, "rejected", "no such"), "ended", "click.refused"),
        (ENDED, PLACED, "ended", "reason.not_placed"),
        # The PBX began it in spite of the command's death: what happened counts.
        (
            RINGING,
            Placing("dead", "150", 1, "unsure"),
            "ringing_employee",
            "click.ringing_employee",
        ),
        (replace(ENDED, reason=None), PLACED, "ended", "reason.not_placed"),
    ],
)  # fmt: skip
def test_each_step_has_its_word(call: Call, placing: Placing, state: str, said: str) -> None:
    story = click_story(call, placing)
    assert (story.state, story.said) == (state, said)
    assert story.params["extension"] == "150"


def test_the_reason_of_a_dead_command_is_told() -> None:
    story = click_story(CALL, Placing("dead", "150", 3, "rejected", "Permission denied"))
    assert story.params["error"] == "Permission denied"
