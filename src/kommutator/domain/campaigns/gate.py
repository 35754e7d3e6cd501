"""May the campaign as a whole place a call now, and who takes it? Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from kommutator.domain.campaigns.plan import Plan
from kommutator.domain.campaigns.results import CallOutcome
from kommutator.domain.redirect import PhoneState

MINUTE: Final = timedelta(minutes=1)
DEAF: Final = timedelta(seconds=60)
"""A PBX that restarts is no reason to wake anybody; nothing is placed meanwhile."""

_REST: Final = timedelta(minutes=2)
"""For an agent who did not pick up: probably not at the desk."""


@dataclass(frozen=True, slots=True)
class AgentPast:
    """The last call of an agent for any campaign. `result` None: it goes on."""

    ended_at: datetime | None
    result: str | None


@dataclass(frozen=True, slots=True)
class Agents:
    """Who could take a call.

    Attributes:
        free: in the order in which they should be asked: whoever rests longest first.
        at_work: how many are there by their own word, in a call or not.
    """

    free: Sequence[str] = ()
    at_work: int = 0


@dataclass(frozen=True, slots=True)
class Pulse:
    """How the campaign is.

    Attributes:
        going: calls under way.
        placed, talked: since its beginning.
        lately: when calls of the last minute were placed, newest first.
        failures: calls in a row that came to nothing.
        alone_since, deaf_since: no agent at work; the PBX does not answer.
        crm_away: the CRM that should hear of results cannot be reached for a reason that only
            people can mend.
    """

    going: int = 0
    placed: int = 0
    talked: int = 0
    lately: Sequence[datetime] = ()
    failures: int = 0
    alone_since: datetime | None = None
    deaf_since: datetime | None = None
    crm_away: bool = False
    agents: Agents = field(default_factory=Agents)


@dataclass(frozen=True, slots=True)
class Go:
    """One call may be placed, with this agent."""

    agent: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Not now; `why` is a slug, `campaign.wait.<why>`. `until` None: nobody knows."""

    why: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """It must not go on until a person says so; slug, `campaign.reason.<reason>`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Enough:
    """It is enough; slug, `campaign.reason.<reason>`."""

    reason: str


Gate = Go | Hold | Pause | Enough


def gate(plan: Plan, pulse: Pulse, now: datetime) -> Gate:
    """Judge. A campaign finishes only when none of its calls goes on."""
    if (enough := _enough(plan, pulse, now)) is not None:
        return Hold("last_calls") if pulse.going else Enough(enough)
    if (trouble := _trouble(plan, pulse, now)) is not None:
        return Pause(trouble)
    if (full := _full(plan, pulse)) is not None:
        return Hold(full)
    if len(pulse.lately) >= plan.per_minute:
        return Hold("pace", pulse.lately[plan.per_minute - 1] + MINUTE)
    return Go(pulse.agents.free[0])


def _full(plan: Plan, pulse: Pulse) -> str | None:
    if pulse.deaf_since is not None:
        return "pbx_down"
    if pulse.going >= plan.concurrency:
        return "concurrency"
    if plan.max_talked is not None and pulse.talked + pulse.going >= plan.max_talked:
        return "last_calls"
    if not pulse.agents.free:
        return "agents_busy" if pulse.agents.at_work else "no_agents"
    return None


def _enough(plan: Plan, pulse: Pulse, now: datetime) -> str | None:
    if plan.ends_at is not None and now >= plan.ends_at:
        return "ends_at"
    if plan.max_calls is not None and pulse.placed >= plan.max_calls:
        return "max_calls"
    if plan.max_talked is not None and pulse.talked >= plan.max_talked:
        return "max_talked"
    return None


def _trouble(plan: Plan, pulse: Pulse, now: datetime) -> str | None:
    if pulse.failures >= plan.failures:
        return "too_many_failures"
    if pulse.crm_away:
        return "crm_down"
    if pulse.deaf_since is not None and now - pulse.deaf_since >= DEAF:
        return "pbx_down"
    alone = timedelta(minutes=plan.alone_min)
    if pulse.alone_since is not None and now - pulse.alone_since >= alone:
        return "no_agents"
    return None


def look_at(
    plan: Plan,
    known: Collection[str],
    states: Mapping[str, PhoneState],
    past: Mapping[str, AgentPast],
    now: datetime,
) -> Agents:
    """Who of the plan's agents could take a call.

    Args:
        known: the enterprise's extensions.
        states: of those who are not free and idle.
        past: extension → their last call for any campaign.
    """
    here = [a for a in plan.agents if a in known and states.get(a, PhoneState()).presence == "free"]
    idle = [a for a in here if not _in_call(states.get(a)) and _rested(plan, past.get(a), now)]
    idle.sort(key=lambda agent: _since(past.get(agent)))
    return Agents(tuple(idle), len(here))


def _in_call(state: PhoneState | None) -> bool:
    return state is not None and (state.talking or state.ringing)


def _rested(plan: Plan, past: AgentPast | None, now: datetime) -> bool:
    if past is None:
        return True
    if past.ended_at is None:
        return False
    missed = past.result in (CallOutcome.AGENT_MISSED, CallOutcome.ABANDONED)
    rest = _REST if missed else timedelta(seconds=plan.wrap_up_s)
    return now - past.ended_at >= rest


def _since(past: AgentPast | None) -> float:
    return past.ended_at.timestamp() if past is not None and past.ended_at else 0.0
