"""Notes, stages and the tray of a rule: written once, also after a lost answer."""

from kommutator.domain.commands import CreateUnsorted, MoveLead
from tests.connectors.amocrm.wire import AT, listed, made
from tests.connectors.amocrm.writes.commands import CLIENT, NOBODY, NOTE, UNIX, deliver, told


async def test_a_note_is_written_once() -> None:
    outcome, wire = await deliver(NOTE, [made("notes", 91)])
    assert told(outcome) == ("91", None)
    assert wire.lines == ["POST /api/v4/leads/notes"]
    (note,) = wire.asked[0].body
    assert note == {
        "entity_id": 501,
        "note_type": "common",
        "params": {"text": "Не дозвонились"},
        "created_at": UNIX,
    }
    again, _ = await deliver(NOTE, [listed("notes", {"id": 91, **note})], attempt=2, unsure=True)
    assert told(again) == ("91", "found_earlier")


async def test_the_same_words_of_another_day_are_another_note() -> None:
    older = {"id": 90, "entity_id": 501, "note_type": "common", "created_at": UNIX - 86_400}
    older["params"] = {"text": "Не дозвонились"}
    outcome, _ = await deliver(
        NOTE, [listed("notes", older), made("notes", 91)], attempt=2, unsure=True
    )
    assert told(outcome) == ("91", None)


async def test_a_lead_is_moved_by_both_ids() -> None:
    command = MoveLead(lead_id=501, pipeline_id=1300, status_id=142)
    outcome, wire = await deliver(command, [(200, {"id": 501, "updated_at": UNIX})])
    assert told(outcome) == ("501", None)
    assert wire.lines == ["PATCH /api/v4/leads/501"]
    assert wire.asked[0].body == {"pipeline_id": 1300, "status_id": 142}


UNSORTED = CreateUnsorted(call_id="c1", client=CLIENT, name="Заявка {phone}", started_at=AT)


async def test_a_rule_fills_the_tray() -> None:
    answers = [(200, {"_embedded": {"unsorted": [{"uid": "u1"}]}})]
    outcome, wire = await deliver(UNSORTED, answers, {"is_unsorted_on": True})
    assert told(outcome) == ("u1", None)
    (item,) = wire.asked[0].body
    assert item["_embedded"]["leads"][0]["name"] == f"Заявка {CLIENT}"
    assert item["metadata"]["is_call_event_needed"] is False


async def test_a_rule_does_not_fill_the_tray_twice() -> None:
    row = {
        "uid": "u1",
        "metadata": {"service_code": "kommutator_rule", "called_at": UNIX, "from": CLIENT},
    }
    answers = [listed("unsorted", row)]
    outcome, _ = await deliver(UNSORTED, answers, {"is_unsorted_on": True}, attempt=2, unsure=True)
    assert told(outcome) == ("u1", "found_earlier")


async def test_without_a_tray_a_rule_makes_a_contact() -> None:
    outcome, _ = await deliver(UNSORTED, [*NOBODY, made("contacts", 77)])
    assert told(outcome) == ("77", "no_tray_contact")
