"""AMI messages as bytes."""

import pytest

from kommutator.connectors.pbx.asterisk.errors import InvalidField
from kommutator.connectors.pbx.asterisk.wire import decode, encode


def test_an_action_is_lines_and_an_empty_line() -> None:
    raw = encode([("Action", "Originate"), ("Variable", "a=1"), ("Variable", "b=Иван")])

    assert raw == "Action: Originate\r\nVariable: a=1\r\nVariable: b=Иван\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Exten", "100\r\nApplication: System"),
        ("Exten", "100\nData: rm"),
        ("Exten", "100\r"),
        ("Exten\r\nAction", "Command"),
        ("Exten: 1", "x"),
        ("Exten", "1\0"),
    ],
)
def test_no_value_can_smuggle_in_a_header(name: str, value: str) -> None:
    with pytest.raises(InvalidField):
        encode([("Action", "Originate"), (name, value)])


def test_repeated_headers_become_a_list() -> None:
    message = decode(b"Event: Newchannel\r\nChanVariable: a=1\r\nChanVariable: b=\r\nX:y\r\n\r\n")

    assert message == {"Event": "Newchannel", "ChanVariable": ["a=1", "b="], "X": "y"}


def test_a_value_keeps_its_colons_and_inner_spaces() -> None:
    assert decode(b"Message:  a: b \r\n") == {"Message": " a: b "}


def test_broken_letters_do_not_break_the_stream() -> None:
    assert decode(b"CallerIDName: \xff\xfe\r\n") == {"CallerIDName": "��"}
