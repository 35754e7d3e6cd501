"""The model's loop: tools that read, moves that end the turn. The only room of the library's agent.

Opened when a model is first asked: the library takes a second and 60 MB.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, time
from typing import Annotated, Any, Final, TypeVar

from pydantic import Field
from pydantic_ai import Agent, ModelRetry, RunContext, ToolOutput, capture_run_messages
from pydantic_ai.exceptions import (
    AgentRunError,
    ContentFilterError,
    ModelHTTPError,
    UnexpectedModelBehavior,
    UsageLimitExceeded,
)
from pydantic_ai.models import Model
from pydantic_ai.settings import ModelSettings as AskSettings
from pydantic_ai.usage import RunUsage, UsageLimits

from kommutator.assistant.llm import moves
from kommutator.assistant.llm.briefing import INSTRUCTIONS, briefing, situation
from kommutator.assistant.llm.desk import Desk, WrongError, span
from kommutator.assistant.llm.moves import Reason, Topic, Wish
from kommutator.assistant.llm.ports import Spent, ThoughtError, TurnLimits
from kommutator.assistant.llm.trace import steps_of
from kommutator.domain.assistant.talk import Turn

_RETRIES: Final = 3
_LONGEST_ANSWER: Final = 800  # tokens of one request
_STATUSES: Final = {401: "key", 403: "key", 429: "rate"}
Ids = Annotated[list[int], Field(max_length=20)]
Remark = Annotated[str, Field(max_length=400)]
Context = RunContext[Desk]
Made = Any
"""A `Turn`: of anything that is told more exactly the library wants a schema."""
_T = TypeVar("_T")


async def find_times(
    ctx: Context,
    *,
    service_ids: Ids,
    first_day: date,
    last_day: date,
    staff_id: int | None = None,
    after: time | None = None,
    before: time | None = None,
) -> dict[str, Any]:
    """Free times for a new visit. All services are done in one visit by one employee."""
    hours = span(after=after, before=before)
    return await _asked(ctx.deps.find_times(service_ids, staff_id, first_day, last_day, hours))


async def find_moves(
    ctx: Context,
    *,
    visit_id: int,
    first_day: date,
    last_day: date,
    after: time | None = None,
    before: time | None = None,
) -> dict[str, Any]:
    """Free times where a visit of the client could go."""
    hours = span(after=after, before=before)
    return await _asked(ctx.deps.find_moves(visit_id, first_day, last_day, hours))


async def prices(ctx: Context, service_ids: Ids) -> dict[str, Any]:
    """Prices and durations."""
    return _read(lambda: ctx.deps.prices(service_ids))


async def visits(ctx: Context) -> dict[str, Any]:
    """The client's own visits to come."""
    return ctx.deps.visits()


async def hours(ctx: Context, first_day: date, last_day: date) -> dict[str, Any]:
    """Opening hours."""
    return _read(lambda: ctx.deps.hours(first_day, last_day))


async def address(ctx: Context) -> dict[str, Any]:
    """Address and phone of the salon."""
    return ctx.deps.address()


async def wish(
    ctx: Context,
    *,
    service_ids: Ids = [],  # noqa: B006  the library copies it; a schema needs the default
    maybe_service_ids: Ids = [],  # noqa: B006  as above
    staff_id: int | None = None,
    any_staff: bool = False,
    usual_staff: bool = False,
    first_day: date | None = None,
    last_day: date | None = None,
    at: time | None = None,
    after: time | None = None,
    before: time | None = None,
    client_name: str | None = None,
    remark: Remark = "",
) -> Made:
    """The client wants a visit, asks what is free, or says a part of the wish."""
    parts = Wish(
        service_ids=service_ids,
        maybe_service_ids=maybe_service_ids,
        staff_id=staff_id,
        any_staff=any_staff,
        usual_staff=usual_staff,
        when=span(first_day, last_day, at, after, before),
        name=client_name,
    )
    return await _asked(moves.wish(ctx.deps, parts, remark))


async def wish_move(
    ctx: Context,
    *,
    visit_id: int | None = None,
    staff_id: int | None = None,
    any_staff: bool = False,
    first_day: date | None = None,
    last_day: date | None = None,
    at: time | None = None,
    after: time | None = None,
    before: time | None = None,
    remark: Remark = "",
) -> Made:
    """The client wants a visit that they have to be at another time."""
    when = span(first_day, last_day, at, after, before)
    parts = Wish(staff_id=staff_id, any_staff=any_staff, when=when)
    return await _asked(moves.wish_move(ctx.deps, visit_id, parts, remark))


async def offer_times(
    ctx: Context, offer_ids: Annotated[list[str], Field(max_length=20)], remark: Remark = ""
) -> Made:
    """Let the client choose among one to three times that were found."""
    return await _asked(moves.offer_times(ctx.deps, offer_ids, remark))


async def propose_booking(ctx: Context, offer_id: str, client_name: str | None = None) -> Made:
    """Ask the client whether to book this time."""
    return await _asked(moves.propose_booking(ctx.deps, offer_id, client_name))


async def propose_move(ctx: Context, offer_id: str) -> Made:
    """Ask the client whether to move their visit to this time."""
    return await _asked(moves.propose_move(ctx.deps, offer_id))


async def propose_cancel(ctx: Context, visit_id: int | None = None) -> Made:
    """Ask the client whether to cancel their visit."""
    return await _asked(moves.propose_cancel(ctx.deps, visit_id))


async def agree(ctx: Context) -> Made:
    """The client plainly agrees to the proposal."""
    return await _asked(moves.agree(ctx.deps))


async def decline(ctx: Context) -> Made:
    """The client does not want what was offered or proposed."""
    return await _asked(moves.decline(ctx.deps))


async def confirm_visit(ctx: Context, visit_id: int) -> Made:
    """The client says that they will come to a visit that they have."""
    return await _asked(moves.confirm_visit(ctx.deps, visit_id))


async def answer(
    ctx: Context,
    *,
    topics: Annotated[list[Topic], Field(max_length=8)],
    service_ids: Ids = [],  # noqa: B006  the library copies it; a schema needs the default
    staff_id: int | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
    remark: Remark = "",
) -> Made:
    """Answer questions about the salon or the client's own visits."""
    when = span(first_day, last_day)
    parts = Wish(service_ids=service_ids, staff_id=staff_id, when=when)
    return await _asked(moves.answer(ctx.deps, topics, parts, remark))


async def hand_over(ctx: Context, reason: Reason) -> Made:
    """A person of the salon must go on."""
    return await _asked(moves.hand_over(ctx.deps, reason))


async def not_understood(ctx: Context) -> Made:
    """Nothing in the client's words can be answered by another move."""
    return await _asked(moves.not_understood(ctx.deps))


TOOLS: Final = (find_times, find_moves, prices, visits, hours, address)
MOVES: Final[Sequence[Callable[..., Awaitable[Made]]]] = (
    wish, wish_move, offer_times, propose_booking, propose_move, propose_cancel, agree, decline,
    confirm_visit, answer, hand_over, not_understood,
)  # fmt: skip
_AGENT: Final[Agent[Desk, Made]] = Agent(
    output_type=[ToolOutput[Made](one, name=one.__name__) for one in MOVES],
    deps_type=Desk,
    instructions=INSTRUCTIONS,
    tools=list(TOOLS),
    retries=_RETRIES,
    name="assistant",
)


async def one_move(
    model: Model, desk: Desk, limits: TurnLimits, spent: Spent, *, timeout_s: float
) -> Turn:
    """Let this model make its move. Raises ThoughtError, and what `FreeTimes` raises."""
    usage = RunUsage()
    with capture_run_messages() as messages:
        try:
            result = await _AGENT.run(
                briefing(desk),
                deps=desk,
                model=model,
                usage=usage,
                usage_limits=UsageLimits(
                    request_limit=limits.requests,
                    tool_calls_limit=limits.tool_calls,
                    total_tokens_limit=limits.tokens,
                ),
                model_settings=AskSettings(
                    temperature=0.0, max_tokens=_LONGEST_ANSWER, timeout=timeout_s
                ),
            )
        except AgentRunError as error:
            raise _judged(error) from None
        finally:
            spent.tokens_in += usage.input_tokens
            spent.tokens_out += usage.output_tokens
            spent.steps += [{"told": situation(desk)}, *steps_of(messages)]
    turn: Turn = result.output
    return turn


def _judged(error: AgentRunError) -> ThoughtError:
    """Why there is no move. The library's own words may repeat what was sent: they stay behind."""
    if isinstance(error, UsageLimitExceeded):
        return ThoughtError("limit", its_fault=False)
    if isinstance(error, ContentFilterError):
        return ThoughtError("refused", its_fault=False)
    if isinstance(error, ModelHTTPError):
        return ThoughtError(_STATUSES.get(error.status_code, "away"), its_fault=True)
    strange = isinstance(error, UnexpectedModelBehavior)
    return ThoughtError("strange" if strange else "away", its_fault=True)


async def _asked(doing: Awaitable[_T]) -> _T:
    """What cannot be goes back to the model with the reason."""
    try:
        return await doing
    except WrongError as error:
        raise ModelRetry(str(error)) from None


def _read(read: Callable[[], _T]) -> _T:
    try:
        return read()
    except WrongError as error:
        raise ModelRetry(str(error)) from None
