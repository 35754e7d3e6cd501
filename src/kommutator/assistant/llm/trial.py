"""Trying a model for its page: one small question that wants a tool to be used."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from pydantic_ai import Agent
from pydantic_ai.exceptions import AgentRunError, ModelAPIError, ModelHTTPError
from pydantic_ai.models import Model
from pydantic_ai.settings import ModelSettings as AskSettings
from pydantic_ai.usage import RunUsage, UsageLimits

from kommutator.assistant.llm.ports import Spent
from kommutator.assistant.llm.wire import NotReached
from kommutator.domain.assistant.model import ModelTried, Tried
from kommutator.kit.clock import Clock

_ASKED: Final = "Call the tool `times` for 2026-11-20, then say the first time it returned."
_STATES: Final[Mapping[int, Tried]] = {401: "key", 403: "key", 404: "unknown_model", 429: "limit"}
_SERVER: Final = 500


async def try_model(model: Model, clock: Clock, spent: Spent, *, seconds: float) -> ModelTried:
    """What comes of it; never raises for anything that the model or its service does."""
    called = 0

    def times(day: str) -> list[str]:  # noqa: ARG001  whatever it asks, it did ask
        """Free times of a day."""
        nonlocal called
        called += 1
        return ["10:30", "12:00"]

    agent = Agent(model, tools=[times])
    started, usage = clock.monotonic(), RunUsage()
    state: Tried = "works"
    status = None
    try:
        async with asyncio.timeout(seconds):
            await agent.run(
                _ASKED,
                usage=usage,
                usage_limits=UsageLimits(request_limit=3),
                model_settings=AskSettings(temperature=0.0, max_tokens=200, timeout=seconds),
            )
        state = "works" if called else "no_tools"
    except TimeoutError:
        state = "slow"
    except ModelHTTPError as error:
        status = error.status_code
        state = _STATES.get(status, "away" if status >= _SERVER else "strange")
    except ModelAPIError as error:
        state = _unreached(error)
    except AgentRunError:
        state = "strange"
    spent.tokens_in, spent.tokens_out = usage.input_tokens, usage.output_tokens
    return ModelTried(state, ms=round((clock.monotonic() - started) * 1000), status=status)


def _unreached(error: BaseException | None) -> Tried:
    while error is not None:
        if isinstance(error, NotReached):
            if error.reason in {"address_refused", "insecure_url"}:
                return "address"
            return "slow" if error.reason == "timeout" else "away"
        error = error.__cause__ or error.__context__
    return "strange"
