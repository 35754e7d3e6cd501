"""What every connector does alike when a vendor refuses, keeps silent, or has no turn left."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from kommutator.domain.outcome import Budget, Exchange
from kommutator.domain.refusal import Judgement, Refusal
from kommutator.kit.describe import mask
from kommutator.kit.errors import ErrorKind, Stage, TooMany
from kommutator.kit.http import Answer, WireError
from kommutator.kit.plain_json import read_json

E = TypeVar("E", bound=Refusal)
_NOT_OURS_TO_ASK = ("address_refused", "insecure_url")


def refused(
    error: type[E],
    judgement: Judgement,
    exchange: Exchange,
    secrets: Iterable[str],
    stage: Stage,
    status: int | None = None,
    **more: Any,
) -> E:
    """The refusal to raise, without secrets; `more` is what the connector's own error knows."""
    return error(
        judgement.kind,
        mask(judgement.message, secrets),
        stage=stage,
        status=status,
        retry_after=judgement.retry_after,
        hint=judgement.hint,
        exchange=exchange,
        **more,
    )


def silence(
    error: WireError, hints: Mapping[str, str], *, writing: bool, otherwise: str | None = None
) -> Judgement:
    """What it means that no usable answer came; `hints` by the reason."""
    hint = hints.get(error.reason, otherwise)
    if error.reason in _NOT_OURS_TO_ASK:
        return Judgement(ErrorKind.REJECTED, str(error), hint)
    if error.stage is Stage.BEFORE_SENDING or not writing:
        return Judgement(ErrorKind.TRANSIENT, str(error), hint)
    return Judgement(ErrorKind.UNSURE, str(error), hint)


def body_of(answer: Answer) -> dict[str, Any] | list[Any] | None:
    """The JSON of an answer; None: anything else, such as a gateway's page."""
    try:
        value = read_json(answer.body)
    except ValueError:
        return None
    return value if isinstance(value, dict | list) else None


def map_in(answer: Answer) -> dict[str, Any] | None:
    """As `body_of`, for vendors whose every answer is an object."""
    body = body_of(answer)
    return body if isinstance(body, dict) else None


def pause_of(answer: Answer, longest_s: float) -> float | None:
    """Seconds that `Retry-After` asks us to wait, at most so many; None: it asks for nothing."""
    text = answer.headers.get("retry-after", "").strip()
    return min(float(text), longest_s) if re.fullmatch(r"\d{1,9}", text) else None


async def in_turn(
    turn: Callable[[Sequence[Budget]], Awaitable[None]],
    budgets: Sequence[Budget],
    error: type[Refusal],
    *,
    words: str,
    hint: str,
) -> None:
    """Wait until one request may leave. Raises the `error`: that would be too long."""
    try:
        await turn(budgets)
    except TooMany as busy:
        raise error(
            ErrorKind.RATE_LIMITED,
            words,
            stage=Stage.BEFORE_SENDING,
            retry_after=busy.retry_after,
            hint=hint,
        ) from busy
