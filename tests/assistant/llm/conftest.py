from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from kommutator.assistant.llm.opening import Models
from kommutator.assistant.llm.ports import TurnLimits
from kommutator.domain.assistant.model import ModelSettings
from kommutator.kit.clock import SystemClock
from kommutator.kit.http import HttpClient
from tests.support.model_talk import GivenSetups, ModelTalk
from tests.support.openai_stub import OpenAiStub, openai_stub

Begins = Callable[..., ModelTalk]


@pytest.fixture
async def stub() -> AsyncIterator[OpenAiStub]:
    async with openai_stub() as one:
        yield one


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(clock=SystemClock(), allowed_hosts=["127.0.0.1"])
    yield client
    await client.close()


@pytest.fixture
def begins(stub: OpenAiStub, http: HttpClient) -> Begins:
    """A talk over the wire; `limits` of a turn, parts of a script, fields of `ModelSettings`."""

    def begin(
        script: dict[str, Any] | None = None,
        limits: TurnLimits | None = None,
        setups: GivenSetups | None = None,
        **settings: Any,
    ) -> ModelTalk:
        limits = limits or TurnLimits()
        chosen = ModelSettings(stub.url, "gpt://folder/a-model/latest", **settings)
        models = Models(http, limits, clock=SystemClock())
        return ModelTalk(models, setups or GivenSetups(chosen), script or {}, limits)

    return begin
