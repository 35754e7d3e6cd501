"""Whatever a model does wrong, the client is answered by the rules, and it is counted."""

from __future__ import annotations

import sys

import pytest
import structlog

from kommutator.assistant.llm.opening import Models
from kommutator.assistant.llm.ports import TurnLimits
from kommutator.domain.assistant.model import ModelSettings
from kommutator.kit.clock import SystemClock
from kommutator.kit.http import HttpClient
from tests.assistant.llm.conftest import Begins
from tests.support.model_talk import HERE, KEY, GivenSetups, ModelTalk
from tests.support.openai_stub import OpenAiStub, Raw, call

WISH = "запишите на маникюр без покрытия в пятницу в 12:00"
LOOP = call("find_times", service_ids=[131], first_day="2026-11-20", last_day="2026-11-20")
WORD = "Конечно, записала вас на завтра!"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Raw(500, "{}"), "away"),
        (Raw(200, "<html>"), "away"),
        (Raw(200, "{}"), "strange"),
        (Raw(401, '{"error": {"message": "bad key sk-canary-9f8e7d6c5b4a"}}'), "key"),
        (Raw(429, "{}"), "rate"),
        (Raw(302, ""), "away"),
        (Raw(hangs=True), "timeout"),
        (LOOP, "limit"),
        (WORD, "strange"),
        (call("delete_everything"), "strange"),
    ],
    ids=["500", "html", "empty", "key", "rate", "redirect", "hangs", "loop", "talks", "no such"],
)
async def test_the_rules_answer(
    stub: OpenAiStub, begins: Begins, answer: Raw | str, reason: str
) -> None:
    talk = begins(limits=TurnLimits(seconds=0.4 if reason == "timeout" else 5.0))
    stub.told(answer)
    with structlog.testing.capture_logs() as logs:
        said = await talk.says(WISH)
    assert "12:00" in said
    assert WORD not in said
    assert talk.last.brain == "rules"
    assert talk.last.trace is not None
    assert talk.last.trace["rules"] == reason
    assert talk.counted(reason) == 1
    assert KEY not in f"{logs} {talk.turns}"


async def test_an_endless_loop_ends_at_its_limits(stub: OpenAiStub, begins: Begins) -> None:
    stub.told(LOOP)
    talk = begins(limits=TurnLimits(requests=4))
    await talk.says(WISH)
    assert len(stub.asked) == 4
    assert talk.setups.cost == [(400, 40)]
    stub.asked.clear()
    await begins(limits=TurnLimits(tokens=250)).says(WISH)
    assert len(stub.asked) == 3, "the third answer goes beyond"


async def test_after_three_failures_it_is_left_alone(stub: OpenAiStub, begins: Begins) -> None:
    talk = begins()
    stub.told(Raw(500, "{}"))
    for _ in range(5):
        await talk.says(WISH)
    assert len(stub.asked) == 3
    assert talk.counted("resting") == 2


async def test_a_days_turns_are_counted(stub: OpenAiStub, begins: Begins) -> None:
    stub.told(call("not_understood"))
    setups = GivenSetups(ModelSettings(stub.url, "a-model"), left=1)
    talk = begins(setups=setups)
    await talk.says("абракадабра какая-то непонятная тут написана")
    await talk.says(WISH)
    assert len(stub.asked) == 1
    assert talk.counted("day_spent") == 1


async def test_what_needs_no_model_is_not_sent_to_one(stub: OpenAiStub, begins: Begins) -> None:
    talk = begins()
    for text in ("СТОП", "позовите администратора", "у меня аллергия после вашего крема", "👍"):
        await talk.says(text)
        talk.played.handed_over = None
    assert stub.asked == []


async def test_a_private_address_is_refused_unless_settings_allow_it(stub: OpenAiStub) -> None:
    http = HttpClient(clock=SystemClock())
    settings = ModelSettings(stub.url.replace("http:", "https:"), "a-model")
    talk = ModelTalk(Models(http, TurnLimits(), clock=SystemClock()), GivenSetups(settings))
    assert "12:00" in await talk.says(WISH)
    await http.close()
    assert stub.asked == []
    assert talk.counted("away") == 1


async def test_a_salon_that_is_away_is_nobodys_to_answer_for(
    stub: OpenAiStub, begins: Begins
) -> None:
    talk = begins()
    talk.played.salon.down = True
    stub.told(LOOP, call("not_understood"))
    assert await talk.says(WISH) == "…"
    assert talk.played.handed_over is not None


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Raw(401, "{}"), "key"),
        (Raw(404, "{}"), "unknown_model"),
        (Raw(429, "{}"), "limit"),
        (Raw(503, "{}"), "away"),
        (Raw(200, "<html>"), "strange"),
        (Raw(hangs=True), "slow"),
        ("10:30", "no_tools"),
    ],
)
async def test_a_trial_says_what_is_wrong(
    stub: OpenAiStub, http: HttpClient, answer: Raw | str, state: str
) -> None:
    talk = GivenSetups(ModelSettings(stub.url, "a-model"))
    setup = await talk.ready(HERE)
    assert setup is not None
    stub.told(answer)
    tried = await Models(http, TurnLimits(seconds=0.5), clock=SystemClock()).test(setup)
    assert tried.state == state


async def test_a_trial_works_when_tools_are_used(stub: OpenAiStub, http: HttpClient) -> None:
    setup = await GivenSetups(ModelSettings(stub.url, "a-model"), key="").ready(HERE)
    assert setup is not None
    stub.told(call("times", day="2026-11-20"), "10:30")
    models = Models(http, TurnLimits(), clock=SystemClock())
    assert (await models.test(setup)).state == "works"
    assert "authorization" not in stub.headers[0], "who has no key sends none"
    refused = HttpClient(clock=SystemClock())
    tried = await Models(refused, TurnLimits(), clock=SystemClock()).test(setup)
    await refused.close()
    assert tried.state == "address"


async def test_without_the_library_the_rules_answer(
    stub: OpenAiStub, begins: Begins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "kommutator.assistant.llm.wire", None)
    talk = begins()
    assert "12:00" in await talk.says(WISH)
    assert talk.counted("no_package") == 1
    assert stub.asked == []
