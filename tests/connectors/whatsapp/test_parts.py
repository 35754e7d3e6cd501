"""The bridge's own parts, one by one, in Node."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kommutator.kit.node import find_node
from kommutator.kit.plain_json import read_json

NODE = find_node()
pytestmark = pytest.mark.skipif(
    NODE is None and not os.environ.get("CI"), reason="there is no Node 20 here"
)


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    script = Path(__file__).with_name("parts.mjs")
    run = subprocess.run([str(NODE), str(script)], capture_output=True, text=True, check=True)
    assert run.stderr == ""
    answers: dict[str, Any] = json.loads(run.stdout)  # nothing else may reach stdout
    return answers


def test_nothing_but_the_protocol_reaches_stdout(told: dict[str, Any]) -> None:
    assert told["stdout"] == "swallowed"


def test_a_parent_that_falls_behind_is_noticed_once(told: dict[str, Any]) -> None:
    assert told["pressure"] == [True, False]


def test_half_a_character_is_told_so_that_it_can_be_read(told: dict[str, Any]) -> None:
    """Else whoever sends one has the bridge wait for an answer, and the message come for ever."""
    assert read_json(told["half"]) == {
        "event": "message",
        "line": 1,
        "message": {"text": "a\ufffdb 👍"},
        "raw": {"type": "Buffer", "data": "a2V5"},
    }


def test_what_was_written_is_read_from_memory(told: dict[str, Any]) -> None:
    assert told["keys"] == {
        "wrote": None,
        "read": {"a": "new"},
        "asked": ["keys.set session,pre-key"],
        "lost": [],
    }


def test_after_a_failed_write_nothing_more_is_asked_for(told: dict[str, Any]) -> None:
    assert told["lost"] == {
        "wrote": "disk full",
        "read": "the line ended: keys could not be kept",
        "asked": ["keys.set session,pre-key"],
        "lost": ["keys_unwritten"],
    }


def test_a_failure_does_not_stop_those_who_wait(told: dict[str, Any]) -> None:
    assert told["turns"] == [1, 2, 3]


def test_a_message_is_told_before_its_ratchet_is_written(told: dict[str, Any]) -> None:
    assert told["first"] == ["decrypted", "told M1 hi", "ratchet written"]


def test_a_message_that_was_not_taken_leaves_the_ratchet_as_it_was(told: dict[str, Any]) -> None:
    assert told["unwritten"] == ["decrypted", "told M1 hi", "refused"]


def test_a_send_waits_for_the_servers_word(told: dict[str, Any]) -> None:
    """Confirmed; refused once, however often it is heard; late; cut off."""
    assert told["acks"] == {"statuses": [2, 0], "answers": ["confirmed", "unsure", "unsure"]}


def test_a_signature_that_held_is_not_computed_again_and_another_is(told: dict[str, Any]) -> None:
    assert told["signatures"] == {
        "answers": [True, True, False, False],
        "computed": 4,  # the good one once, the forged one each time, the moved border once
        "moved": True,  # the stand-in was asked, which is the point
        "real": [True, True, False],
    }
