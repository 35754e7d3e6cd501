"""The bridge's own pure functions, asked in Node."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kommutator.connectors.channels.whatsapp.program import CHECKOUT
from kommutator.kit.node import find_node

NODE = find_node()
pytestmark = pytest.mark.skipif(
    NODE is None and not os.environ.get("CI"), reason="there is no Node 20 here"
)
TEXT = {"conversation": "привет"}
EDIT = {"type": 14, "key": {"id": "M1"}, "editedMessage": {"conversation": "в 16"}}
TURNED_AWAY = "WebSocket Error (Unexpected server response: 401)"
FAILED = "WebSocket Error (connect ECONNREFUSED 127.0.0.1:1)"
LINKED = {"me": {"id": "7@s.whatsapp.net"}, "account": {"details": "x"}, "registrationId": 5}


def words(name: str, *given: Any) -> list[Any]:
    return ["words.mjs", name, *given]


def said(message: Any) -> list[Any]:
    return words("said", message)


def described(error: Any) -> list[Any]:
    return ["refusal.mjs", "describe", error]


CASES: list[tuple[list[Any], Any]] = [
    (said(TEXT), {"kind": "text", "text": "привет"}),
    (said({"extendedTextMessage": {"text": "да"}}), {"kind": "text", "text": "да"}),
    (said({"ephemeralMessage": {"message": TEXT}}), {"kind": "text", "text": "привет"}),
    (
        said({"viewOnceMessageV2": {"message": {"imageMessage": {"caption": "вот"}}}}),
        {"kind": "image", "text": "вот"},
    ),
    (said({"audioMessage": {"ptt": True}}), {"kind": "audio", "text": ""}),
    (said({"locationMessage": {"name": "Дом"}}), {"kind": "location", "text": "Дом"}),
    (said({"reactionMessage": {"text": "👍"}}), {"kind": "reaction", "text": "👍"}),
    (
        said({"buttonsResponseMessage": {"selectedDisplayText": "Да"}}),
        {"kind": "text", "text": "Да"},
    ),
    (said({"pollCreationMessage": {"name": "?"}}), {"kind": "pollCreation", "text": "?"}),
    (
        said({"editedMessage": {"message": {"protocolMessage": EDIT}}}),
        {"kind": "edit", "text": "в 16", "edits": "M1"},
    ),
    (said({"protocolMessage": {"type": 0}}), None),
    (said({"senderKeyDistributionMessage": {}}), None),
    (said({"pinInChatMessage": {"type": 1}}), None),
    (said({"pollUpdateMessage": {}}), None),
    (said({"albumMessage": {"expectedImageCount": 2}}), None),
    (said(None), None),
    (words("isIgnored", "120@g.us"), True),
    (words("isIgnored", "status@broadcast"), True),
    (words("isIgnored", "120@newsletter"), True),
    (words("isIgnored", "7@lid"), False),
    (words("isIgnored", "7@s.whatsapp.net"), False),
    (words("otherName", {}, False, "7:3@s.whatsapp.net"), "7@s.whatsapp.net"),
    (words("otherName", {"recipient_pn": "8@s.whatsapp.net"}, True, "7@lid"), "8@s.whatsapp.net"),
    (words("otherName", {}, True, "7@lid"), None),
    (
        words("identity", {"id": "7:3@s.whatsapp.net", "lid": "5:3@lid", "name": "~"}),
        {"jid": "7:3@s.whatsapp.net", "phone": "+7", "lid": "5@lid", "name": None},
    ),
    (
        words("closing", {"message": FAILED, "output": {"statusCode": 408}}),
        {"code": None, "reason": FAILED, "location": None},
    ),
    (
        words("closing", {"message": TURNED_AWAY, "output": {"statusCode": 401}}),
        {"code": None, "reason": TURNED_AWAY, "location": None},
    ),
    (
        words("closing", {"message": "Stream Errored (ack)", "output": {"statusCode": 500}}),
        {"code": None, "reason": "Stream Errored (ack)", "location": None},
    ),
    (
        words("closing", {"message": "Stream Errored (x)", "output": {"statusCode": 500}}, "500"),
        {"code": 500, "reason": "Stream Errored (x)", "location": None},
    ),
    (
        words("closing", {"message": "Stream Errored (conflict)", "output": {"statusCode": 440}}),
        {"code": 440, "reason": "Stream Errored (conflict)", "location": None},
    ),
    (
        words(
            "closing", {"message": "Connection Failure", "output": {"statusCode": 500}, "data": {}}
        ),
        {"code": None, "reason": "Connection Failure", "location": None},
    ),
    (
        words(
            "closing",
            {
                "message": "Connection Failure",
                "output": {"statusCode": 403},
                "data": {"reason": "403", "location": "cln"},
            },
        ),
        {"code": 403, "reason": "Connection Failure", "location": "cln"},
    ),
    (words("closing", None), {"code": None, "reason": "", "location": None}),
    (["creds.mjs", "usable", LINKED], LINKED),
    (
        described({"message": "Connection Closed", "output": {"statusCode": 428}}),
        {"code": "closed", "message": "Connection Closed", "status": 428},
    ),
    (
        described({"message": "rate-overlimit", "data": 429}),
        {"code": "refused", "message": "rate-overlimit", "status": 429},
    ),
    (
        described({"message": "boom"}),
        {"code": "failed", "message": "boom", "status": None},
    ),
]


def ask(cases: list[list[Any]]) -> list[Any]:
    script = Path(__file__).with_name("asked.mjs").read_text()
    told = subprocess.run(
        [str(NODE), "--input-type=module", "-e", script],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=True,
        cwd=CHECKOUT,
        env={**os.environ, "BRIDGE": str(CHECKOUT / "whatsapp")},
    )
    answers: list[Any] = json.loads(told.stdout)
    return answers


@pytest.fixture(scope="module")
def answers() -> list[Any]:
    return ask([case for case, _ in CASES])


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda n: f"{n}-{CASES[n][0][1]}")
def test_the_bridge_says_it_so(answers: list[Any], number: int) -> None:
    assert answers[number] == CASES[number][1]


def test_creds_of_an_unfinished_pairing_are_worth_nothing() -> None:
    half = {"me": {"id": "7@s.whatsapp.net"}, "registrationId": 5, "pairingCode": "ABCDEFGH"}
    (fresh,) = ask([["creds.mjs", "usable", half]])
    assert "me" not in fresh
    assert fresh["noiseKey"]["private"]["type"] == "Buffer"
