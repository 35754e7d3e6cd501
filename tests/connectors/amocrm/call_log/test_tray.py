"""A stranger's call in the tray: held there once, and what follows where there is none."""

from typing import Any

import pytest

from kommutator.kit.errors import ErrorKind
from tests.connectors.amocrm.call_log.records import (
    NO_NOTES,
    STRANGER,
    deliver,
    done,
    kinds,
    record,
)
from tests.connectors.amocrm.wire import NOTHING, calls_answer, listed, lost, made, refusal

TRAY = {"unknown_number": {"in": "unsorted"}, "is_unsorted_on": True}


async def test_the_tray_holds_the_call_itself() -> None:
    answers = [
        calls_answer({}, ["0"]),
        NOTHING,
        (200, {"_embedded": {"unsorted": [{"uid": "u1"}]}}),
    ]
    outcomes, wire = await deliver(answers, record(9), config=TRAY)
    assert done(outcomes) == [("u1", "in_tray")]
    assert wire.asked[-1].body[0]["metadata"]["is_call_event_needed"] is True


async def test_the_tray_is_not_filled_twice() -> None:
    row = {
        "uid": "u1",
        "metadata": {
            "service_code": "kommutator",
            "called_at": 1795194000,
            "phone": STRANGER,
            "from": "x",
        },
    }
    answers = [*NO_NOTES, listed("unsorted", row)]
    outcomes, _ = await deliver(answers, record(9), config=TRAY, attempt=2, unsure=True)
    assert done(outcomes) == [("u1", "in_tray")]


async def test_a_rules_card_of_the_tray_gets_its_call_as_a_note() -> None:
    row = {
        "uid": "u1",
        "metadata": {"service_code": "kommutator_rule", "called_at": 1795194000, "phone": STRANGER},
        "_embedded": {"contacts": [{"id": 88}]},
    }
    answers = [calls_answer({}, ["0"]), listed("unsorted", row), made("notes", 93)]
    outcomes, wire = await deliver(answers, record(9), config={"is_unsorted_on": True})
    assert done(outcomes) == [("93", "in_tray")]
    assert wire.asked[-1].body[0]["entity_id"] == 88


async def test_no_tray_means_a_contact() -> None:
    answers = [
        calls_answer({}, ["0"]),
        *[NOTHING] * 4,
        made("contacts", 77),
        calls_answer({"0": 91}),
    ]
    config = {"unknown_number": {"in": "unsorted"}}
    outcomes, _ = await deliver(answers, record(9), config=config)
    assert done(outcomes) == [("91", "contact_created")]


async def test_the_tray_is_off_after_all() -> None:
    answers = [
        calls_answer({}, ["0"]),
        NOTHING,
        refusal("0"),
        *[NOTHING] * 4,
        made("contacts", 77),
        calls_answer({"0": 91}),
    ]
    outcomes, _ = await deliver(answers, record(9), config=TRAY)
    assert done(outcomes) == [("91", "contact_created")]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [((503, "down"), ErrorKind.TRANSIENT), (lost(), ErrorKind.UNSURE)],
    ids=["down", "lost"],
)
async def test_the_tray_does_not_answer(answer: Any, kind: ErrorKind) -> None:
    outcomes, _ = await deliver([calls_answer({}, ["0"]), NOTHING, answer], record(9), config=TRAY)
    assert kinds(outcomes) == [kind]


async def test_a_tray_that_cannot_be_looked_into_leaves_the_call_unsure() -> None:
    answers = [*NO_NOTES, (503, "down")]
    outcomes, _ = await deliver(answers, record(9), config=TRAY, attempt=2, unsure=True)
    assert kinds(outcomes) == [ErrorKind.UNSURE]


@pytest.mark.parametrize(
    ("contacts", "answers"),
    [([], []), ([{"id": 88}], [refusal("0")])],
    ids=["without a contact", "refused"],
)
async def test_a_tray_that_takes_no_note_tells_of_the_call_anyway(
    contacts: list[Any], answers: list[Any]
) -> None:
    row = {
        "uid": "u1",
        "metadata": {"service_code": "kommutator_rule", "called_at": 1795194000, "phone": STRANGER},
        "_embedded": {"contacts": contacts},
    }
    asked = [calls_answer({}, ["0"]), listed("unsorted", row), *answers]
    outcomes, _ = await deliver(asked, record(9), config={"is_unsorted_on": True})
    assert done(outcomes) == [("u1", "in_tray")]


async def test_other_cards_of_the_tray_are_not_ours() -> None:
    others = {"service_code": "uis", "called_at": 1795194000, "phone": STRANGER}
    answers = [
        calls_answer({}, ["0"]),
        listed("unsorted", {"uid": "u1", "metadata": others}),
        (200, {"_embedded": {"unsorted": [{"uid": "u2"}]}}),
    ]
    outcomes, _ = await deliver(answers, record(9), config=TRAY)
    assert done(outcomes) == [("u2", "in_tray")]


async def test_older_cards_of_the_tray_are_not_paged_through() -> None:
    """A tray that nobody empties holds thousands; newest first, ours is not below older ones."""
    row = {"uid": "u1", "created_at": 1795194000 - 601, "metadata": {"service_code": "uis"}}
    page = {"_embedded": {"unsorted": [row]}, "_links": {"next": {"href": "…?page=2"}}}
    answers = [
        calls_answer({}, ["0"]),
        (200, page),
        (200, {"_embedded": {"unsorted": [{"uid": "u2"}]}}),
    ]
    outcomes, _ = await deliver(answers, record(9), config=TRAY)
    assert done(outcomes) == [("u2", "in_tray")]
