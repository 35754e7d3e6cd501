"""What a model said and did in one turn, short enough to be kept beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from pydantic_ai.messages import (
    ModelMessage,
    ModelResponse,
    RetryPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
)

_MOST: Final = 40
_LONGEST: Final = 500  # characters of one step


def steps_of(messages: Sequence[ModelMessage]) -> list[dict[str, Any]]:
    """Calls, what they returned, and why one had to be made again; in order."""
    return list(_steps(messages))[:_MOST]


def _steps(messages: Iterable[ModelMessage]) -> Iterator[dict[str, Any]]:
    for message in messages:
        for part in message.parts:
            if isinstance(part, ToolCallPart):
                yield {"calls": part.tool_name, "with": _cut(part.args)}
            elif isinstance(part, ToolReturnPart):
                yield {"returns": _cut(part.content)}
            elif isinstance(part, RetryPromptPart):
                yield {"again": _cut(part.content)}
            elif isinstance(part, TextPart) and isinstance(message, ModelResponse):
                yield {"says": _cut(part.content)}


def _cut(value: Any) -> str:
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
