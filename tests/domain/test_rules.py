"""The table of what calls create in the CRM."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kommutator.domain.commands import (
    CreateCustomer,
    CreateOrder,
    CreateTask,
    CreateUnsorted,
    Direction,
)
from kommutator.domain.rules import CallFacts, apply_rules, dry_run, read_rules

NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
STARTED = datetime(2026, 11, 20, 16, 58, tzinfo=UTC)


def facts(**changes: Any) -> CallFacts:
    return CallFacts(
        **{
            "direction": Direction.IN,
            "client": "+375000000070",
            "answered": False,
            "at": NOW,
            "line": "+375000000001",
            "extension": "150",
            "known": False,
            **changes,
        }
    )


def fates(rule: dict[str, Any], **changes: Any) -> str:
    """Why the only rule of the table fires or not."""
    (line,) = dry_run(read_rules([{"create": "task", **rule}]), facts(**changes)).lines
    assert line.fires is (line.why == "fires")
    return line.why


@pytest.mark.parametrize(
    ("rule", "changes", "why"),
    [
        ({}, {}, "fires"),
        ({"direction": "in"}, {}, "fires"),
        ({"direction": "out"}, {}, "other_direction"),
        ({"result": "missed"}, {}, "fires"),
        ({"result": "missed"}, {"answered": True}, "other_result"),
        ({"result": "answered"}, {"answered": True}, "fires"),
        ({"line": "+375000000001"}, {}, "fires"),
        ({"line": "+375000000002"}, {}, "other_line"),
        ({"client": "new"}, {}, "fires"),
        ({"client": "new"}, {"known": True}, "client_is_known"),
        ({"client": "known"}, {}, "client_is_new"),
        ({"client": "known"}, {"known": True}, "fires"),
        ({"client": "new"}, {"known": None}, "client_not_looked_up"),
        ({"client": "any", "direction": "any", "result": ""}, {"known": None}, "fires"),
    ],
)
def test_conditions(rule: dict[str, Any], changes: dict[str, Any], why: str) -> None:
    assert fates(rule, **changes) == why


def test_a_customer_may_be_created_unseen_for_creating_one_looks_first() -> None:
    assert fates({"create": "customer", "client": "new"}, known=None) == "fires"


def test_each_thing_is_created_once_by_the_first_rule_that_asks() -> None:
    table = read_rules(
        [
            {"create": "task", "text": "First", "due_minutes": 15, "performer": "151"},
            {"create": "task", "text": "Second"},
            {"create": "order", "method": "missed-call"},
            {"create": "customer", "name": "New client"},
        ]
    )
    applied = apply_rules(table, facts(site="minsk", default_performer="16"))

    assert applied.commands == (
        CreateTask(
            client="+375000000070",
            text="First",
            due_at=datetime(2026, 11, 20, 17, 15, tzinfo=UTC),
            performer="151",
            default_performer="16",
            site="minsk",
        ),
        CreateOrder(client="+375000000070", method="missed-call", extension="150", site="minsk"),
        CreateCustomer(client="+375000000070", name="New client", extension="150", site="minsk"),
    )
    assert [line.why for line in applied.lines] == ["fires", "already_created", "fires", "fires"]


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"create": "invoice"},
        {"create": "task", "direction": "sideways"},
        {"create": "task", "result": ["missed"]},
        "task",
        None,
    ],
)
def test_lines_that_make_no_sense_are_left_out(line: Any) -> None:
    assert read_rules([line, {"create": "order"}]) == read_rules([{"create": "order"}])


def test_a_strangers_call_goes_into_the_tray() -> None:
    rules = read_rules([{"create": "unsorted", "name": "Звонок", "client": "new"}])
    applied = apply_rules(rules, facts(started_at=STARTED, talk_s=0, rang=("150", "151")))
    assert applied.commands == (
        CreateUnsorted(
            client="+375000000070",
            name="Звонок",
            started_at=STARTED,
            talk_s=0,
            line="+375000000001",
            extension="150",
            rang=("150", "151"),
        ),
    )


def test_the_tray_takes_no_outbound_calls() -> None:
    assert fates({"create": "unsorted"}, direction=Direction.OUT) == "only_inbound"
