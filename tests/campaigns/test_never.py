"""Whatever happens: never too many, too fast, twice, at a wrong hour; and it always ends.

Hypothesis plays the PBX, the agents, the people who pause, and other processes that take over.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kommutator.domain.campaigns.gate import (
    AgentPast,
    Enough,
    Go,
    Pulse,
    gate,
    look_at,
)  # fmt: skip
from kommutator.domain.campaigns.plan import Plan
from kommutator.domain.campaigns.results import FAILURES, CallOutcome
from kommutator.domain.campaigns.steps import (
    Dial,
    Done,
    Facts,
    Item,
    Wait,
    after_call,
    counts,
    next_step,
)  # fmt: skip
from kommutator.domain.campaigns.windows import is_open
from kommutator.domain.redirect import PhoneState

ZONES = [ZoneInfo(name) for name in ("Europe/Minsk", "Europe/Kyiv", "Asia/Vladivostok")]
START = datetime(2026, 3, 26, 5, 0, tzinfo=UTC)  # three days before Kyiv changes its clock
AGENTS = ("150", "151", "152")
MINUTE = timedelta(minutes=1)


class World:
    """A campaign in memory, turned by the same pure decisions as the real one."""

    def __init__(self, plan: Plan, count: int) -> None:
        self.plan = plan
        self.now = START
        self.items = {
            f"+3751700000{n:02}": Item(f"+3751700000{n:02}", ZONES[n % 3]) for n in range(count)
        }
        self.due = dict.fromkeys(self.items, START)
        self.state = dict.fromkeys(self.items, "waiting")
        self.going: dict[str, tuple[str, datetime]] = {}
        self.placed: list[tuple[datetime, str]] = []
        self.past: dict[str, AgentPast] = {}
        self.failures = 0
        self.finished = False

    def end(self, phone: str, outcome: CallOutcome) -> None:
        agent, _since = self.going.pop(phone)
        self.past[agent] = AgentPast(self.now, outcome.value)
        self.failures = self.failures + 1 if outcome in FAILURES else 0
        before = self.items[phone]
        after = Item(phone, before.zone, before.attempts + counts(outcome), before.tries)
        self.items[phone] = after
        match after_call(after, outcome, self.now, self.plan):
            case Done():
                self.state[phone] = "done"
            case Wait(until=until):
                self.state[phone], self.due[phone] = "waiting", until

    def look(self, busy: set[str]) -> bool:
        """One look; True: a call was placed."""
        if self.finished:
            return False
        states = {agent: PhoneState(talking=True) for agent in busy}
        agents = look_at(self.plan, AGENTS, states, self.past, self.now)
        lately = [at for at, _ in reversed(self.placed) if at > self.now - MINUTE]
        pulse = Pulse(going=len(self.going), lately=lately, agents=agents)
        verdict = gate(self.plan, pulse, self.now)
        if isinstance(verdict, Enough):
            self.finished = True
        if not isinstance(verdict, Go):
            return False
        phone = self._choose()
        if phone is None:
            return False
        self._place(phone, verdict.agent)
        return True

    def _choose(self) -> str | None:
        for phone in sorted(self.items, key=lambda one: self.due[one]):
            if self.state[phone] != "waiting" or self.due[phone] > self.now:
                continue
            today = self.items[phone].zone
            midnight = self.now.astimezone(today).replace(hour=0, minute=0, second=0)
            calls = sum(at >= midnight and to == phone for at, to in self.placed)
            step = next_step(self.items[phone], self.now, self.plan, Facts(today=calls))
            if isinstance(step, Dial):
                return phone
            if isinstance(step, Done):
                self.state[phone] = "done"
            else:
                self.due[phone] = step.until
        return None

    def _place(self, phone: str, agent: str) -> None:
        item = self.items[phone]
        assert self.state[phone] == "waiting"
        assert agent not in {one for one, _ in self.going.values()}, "an agent has one call"
        assert is_open(self.plan, item.zone, self.now), "outside of the client's hours"
        self.items[phone] = Item(phone, item.zone, item.attempts, item.tries + 1)
        self.state[phone] = "calling"
        self.going[phone] = (agent, self.now)
        self.past[agent] = AgentPast(None, None)
        self.placed.append((self.now, phone))

    def check(self) -> None:
        assert len(self.going) <= self.plan.concurrency
        lately = [at for at, _ in self.placed if at > self.now - MINUTE]
        assert len(lately) <= self.plan.per_minute
        today = Counter((to, at.astimezone(self.items[to].zone).date()) for at, to in self.placed)
        assert not today or max(today.values()) <= self.plan.daily_cap
        assert all(item.attempts <= self.plan.attempts for item in self.items.values())


PLANS = st.builds(
    Plan,
    agents=st.just(AGENTS),
    concurrency=st.integers(1, 4),
    per_minute=st.integers(1, 20),
    attempts=st.integers(1, 3),
    daily_cap=st.integers(1, 3),
    wrap_up_s=st.integers(0, 120),
    failures=st.just(100),
    windows=st.just(
        dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), (("09:00", "18:00"),))
    ),
)
TURNS = st.lists(
    st.tuples(
        st.integers(0, 5400), st.sampled_from(list(CallOutcome)), st.sets(st.sampled_from(AGENTS))
    ),
    min_size=20, max_size=120,
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PLANS, st.integers(1, 12), TURNS)
def test_never(plan: Plan, count: int, turns: list[tuple[int, CallOutcome, set[str]]]) -> None:
    world = World(plan, count)
    for seconds, outcome, busy in turns:
        while world.look(busy):
            world.check()
        world.now += timedelta(seconds=seconds)
        for phone in sorted(world.going)[: 1 + seconds % 2]:
            world.end(phone, outcome)
        world.check()
    _to_the_end(world)


def _to_the_end(world: World) -> None:
    """Everybody is free, and calls end somehow: the list comes to its end in bounded time."""
    for _ in range(5000):
        while world.look(set()):
            world.check()
        world.now += timedelta(minutes=45)
        for phone in sorted(world.going):
            world.end(phone, CallOutcome.AGENT_MISSED)
        if set(world.state.values()) == {"done"}:
            break
    assert set(world.state.values()) == {"done"}
    most = 3 * world.plan.attempts
    assert all(item.tries <= most for item in world.items.values())
