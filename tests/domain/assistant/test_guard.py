"""What a brain may have done, by the client's own words alone."""

from __future__ import annotations

import pytest

from kommutator.domain.assistant.frame import Frame, Intent
from kommutator.domain.assistant.guard import permitted
from kommutator.domain.assistant.talk import CancelVisit, ConfirmVisit, Talk

CANCEL = CancelVisit(501)
PROPOSED = Talk(proposal=CANCEL)


@pytest.mark.parametrize("intent", [Intent.YES, Intent.CONFIRM])
def test_what_was_proposed_and_agreed_to_is_done(intent: Intent) -> None:
    assert permitted(PROPOSED, Frame(intent), CANCEL)


@pytest.mark.parametrize(
    ("before", "intent"),
    [(PROPOSED, Intent.OTHER), (PROPOSED, Intent.CANCEL), (Talk(), Intent.YES)],
)
def test_nothing_is_done_unproposed_or_without_a_yes(before: Talk, intent: Intent) -> None:
    assert not permitted(before, Frame(intent), CANCEL)


def test_another_visit_than_the_proposed_one_is_not_touched() -> None:
    assert not permitted(PROPOSED, Frame(Intent.YES), CancelVisit(502))


def test_one_more_or_one_less_than_was_read_out_is_not_what_was_agreed_to() -> None:
    both = Talk(proposal=CancelVisit(501, (502,)))
    assert permitted(both, Frame(Intent.YES), CancelVisit(501, (502,)))
    for other in (CancelVisit(501), CancelVisit(501, (502, 503)), CancelVisit(502, (501,))):
        assert not permitted(both, Frame(Intent.YES), other)


@pytest.mark.parametrize("intent", [Intent.NO, Intent.CANCEL, Intent.MOVE, Intent.LATE])
def test_nobody_is_noted_as_coming_against_their_words(intent: Intent) -> None:
    assert not permitted(Talk(), Frame(intent), ConfirmVisit(501))


def test_whoever_says_in_any_words_that_they_come_is_noted() -> None:
    assert permitted(Talk(), Frame(Intent.OTHER), ConfirmVisit(501))
