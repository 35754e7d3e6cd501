"""Which of two open questions a client answered is asked by the rules; no model guesses it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.assistant.llm.conftest import Begins
from tests.support.openai_stub import OpenAiStub, Raw

VISIT = {"id": 501, "staff": 18, "services": [181], "at": "2026-11-19T15:00"}
REMINDER: dict[str, Any] = {
    "kind": "reminder", "record_id": 501, "visit_start": "2026-11-19T15:00", "message": 1,
}  # fmt: skip


@pytest.mark.parametrize("words", ["да", "нет", "да, но лучше на 14", "перенесите на 14:00"])
async def test_the_model_is_not_asked_in_doubt(
    stub: OpenAiStub, begins: Begins, words: str
) -> None:
    talk = begins({"client": {"visits": [VISIT]}})
    stub.told(Raw(500, "{}"))
    await talk.says("запишите на женскую стрижку в пятницу в 12:00")
    talk.played.happens({"question": REMINDER})
    asked = len(stub.asked)
    assert "к чему относится" in await talk.says(words)
    assert len(stub.asked) == asked


async def test_a_doubt_that_is_settled_is_done_by_the_clients_own_words(
    stub: OpenAiStub, begins: Begins
) -> None:
    talk = begins({"client": {"visits": [VISIT]}})
    stub.told(Raw(500, "{}"))
    await talk.says("запишите на женскую стрижку в пятницу в 12:00")
    talk.played.happens({"question": REMINDER})
    await talk.says("да")
    assert "12:00" in await talk.says("1")
    assert talk.played.wrong == []
    assert [one.starts_at.hour for one in talk.played.salon.coming()] == [15, 12]
