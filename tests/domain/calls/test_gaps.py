"""The PBX restarts, or the link breaks, at every single moment of every recorded scenario."""

from typing import Any

import pytest

from kommutator.connectors.pbx.asterisk.translate import relevant, translate
from kommutator.domain.calls.board import Board, CallEvent
from kommutator.domain.calls.call import Phase
from kommutator.domain.calls.decide import decide
from kommutator.domain.calls.memory import Told
from kommutator.domain.calls.policy import Policy
from kommutator.domain.calls.read import read_call
from kommutator.domain.commands import CallRecord
from tests.support.calls import EVERY_NAME, NOW, WIRING, only_call, recorded
from tests.support.invented.gap import alive_after

POLICY = Policy(connection="crm", unplaced=True)
TALKED = [
    name
    for name in EVERY_NAME
    if "answered" in name and not name.startswith(("click2call", "internal", "attended"))
]


def understood(raw: list[dict[str, Any]]) -> list[CallEvent]:
    return [event for message in raw for event in translate(message, WIRING, heard_at=0.0)]


def stream_of(name: str) -> list[dict[str, Any]]:
    return [event for event in recorded(name) if relevant(event)]


def records_of(events: list[CallEvent]) -> list[CallRecord]:
    """What one CRM has in its history when all is over; fails if a call did not end."""
    board, owed = Board(), []
    for event in events:
        board.feed(event)
        for memory in list(board.calls.values()):
            told = memory.told.setdefault("crm", Told())
            owed += decide(read_call(memory), told, POLICY, NOW).owed
    assert all(read_call(memory).phase is Phase.ENDED for memory in board.calls.values())
    return [o.command for o in owed if isinstance(o.command, CallRecord)]


def quiet_after(stream: list[dict[str, Any]]) -> dict[str, Any]:
    after = float(stream[-1]["Timestamp"]) + 600
    return {"Event": "Reconcile", "Timestamp": f"{after:.6f}", "Channels": []}


@pytest.mark.parametrize("name", EVERY_NAME)
def test_a_pbx_that_restarts_leaves_one_ended_record_per_client(name: str) -> None:
    stream = stream_of(name)
    for cut in range(1, len(stream)):
        before = stream[:cut]
        records = records_of(understood([*before, quiet_after(stream)]))
        clients = [record.client for record in records]
        assert len(clients) == len(set(clients)), cut


@pytest.mark.parametrize("name", EVERY_NAME)
def test_a_link_that_breaks_makes_no_second_record(name: str) -> None:
    stream = stream_of(name)
    whole = {record.client for record in records_of(understood([*stream, quiet_after(stream)]))}
    for cut in range(len(stream)):
        for deaf in (0, 1, 4, 12):
            back = min(cut + deaf, len(stream))
            told = [*stream[:cut], alive_after(stream[:back]), *stream[back:], quiet_after(stream)]
            records = records_of(understood(told))
            clients = [record.client for record in records]
            assert len(clients) == len(set(clients)), (cut, deaf)
            assert set(clients) <= whole, (cut, deaf)


@pytest.mark.parametrize("name", TALKED)
def test_a_break_before_or_after_the_conversation_is_not_seen_in_the_result(name: str) -> None:
    """Whatever was missed while it rang: who talks is alive and in a bridge."""
    stream = stream_of(name)
    met = [e["Event"] for e in stream].index("BridgeEnter") + 2
    heard = only_call(understood([alive_after(stream[:met]), *stream[met:]]))
    whole = only_call(understood(stream))

    assert (heard.direction, heard.client, heard.result) == (
        whole.direction,
        whole.client,
        whole.result,
    )
    assert heard.extension == whole.extension


@pytest.mark.parametrize("name", EVERY_NAME)
def test_what_is_cut_short_is_marked_so(name: str) -> None:
    """A missed call whose end went unheard says "lost" instead of guessing who declined."""
    stream = stream_of(name)
    told = understood([stream[0], quiet_after(stream)])
    board = Board()
    for event in told:
        board.feed(event)
    for memory in board.calls.values():
        assert read_call(memory).reason == "lost"
        assert memory.lost is not None
