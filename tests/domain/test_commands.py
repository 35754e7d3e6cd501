"""Commands are stored as JSON and read again, by this version and by the next one."""

from datetime import UTC, datetime

import msgspec
import pytest

from kommutator.domain.commands import (
    AddNote,
    Command,
    CreateTask,
    CreateUnsorted,
    MoveLead,
    decode,
    encode,
    kind_of,
)

AT = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (MoveLead(lead_id=501, pipeline_id=1300, status_id=142), "move_lead"),
        (AddNote(entity="leads", entity_id=501, text="Слова"), "add_note"),
        (CreateTask(client="+79160000009", text="Итог", lead_id=501), "create_task"),
        (
            CreateUnsorted(client="+79160000009", name="", started_at=AT, rang=("150", "151")),
            "create_unsorted",
        ),
    ],
)
def test_there_and_back(command: Command, kind: str) -> None:
    assert decode(encode(command)) == command
    assert kind_of(command) == kind


def test_a_task_of_an_older_version_is_understood() -> None:
    stored = b'{"kind":"create_task","client":"+79160000009","text":"\xe2\x80\xa6"}'
    assert decode(stored) == CreateTask(client="+79160000009", text="…", lead_id=None, rang=())


def test_a_kind_of_a_newer_version_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(b'{"kind":"teleport"}')
