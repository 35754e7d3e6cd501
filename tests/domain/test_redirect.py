"""Whose phone rings: one table of situations."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kommutator.domain.redirect import (
    Knowledge,
    KnownCaller,
    PhoneState,
    decide_route,
    forget_moments,
)
from kommutator.domain.routing import STEPS, read_routing
from kommutator.kit.texts import Texts

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=ZoneInfo("Europe/Minsk"))  # a Wednesday
CALLER = "+375291234567"
LINE = "+375170000001"
KNOWN = frozenset({"150", "151", "152", "153"})
OWNED = KnownCaller(owner_user="19", crm_at=NOW - timedelta(minutes=2))
TALKED = KnownCaller(last_talker="152", last_talk_at=NOW - timedelta(days=3))
BOTH = KnownCaller(
    owner_user="19", crm_at=OWNED.crm_at, last_talker="152", last_talk_at=TALKED.last_talk_at
)
DAY = {day: ["09:00", "18:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
NIGHT = {"tue": ["22:00", "06:00"]}
TALKING, RINGING = PhoneState(talking=True), PhoneState(ringing=True)
GONE = PhoneState(registered=False)


@dataclass
class Case:
    """One row: a situation, and who rings by which reason."""

    name: str
    extension: str | None
    why: str
    entry: KnownCaller | None = None
    states: dict[str, PhoneState] = field(default_factory=dict)
    routing: dict[str, Any] = field(default_factory=dict)
    skipped: tuple[tuple[str, str], ...] = ()
    caller: str | None = CALLER
    at: datetime = NOW


CASES = [
    # who is asked, in which order
    Case("the owner", "150", "route.owner", OWNED),
    Case("the last talker", "152", "route.last_talker", TALKED),
    Case("the owner before the last talker", "150", "route.owner", BOTH),
    Case(
        "the order is the enterprise's", "152", "route.last_talker", BOTH,
        routing={"order": ["last_talker", "owner"]},
    ),
    Case(
        "a pinned phone before all", "153", "route.pinned",
        KnownCaller(owner_user="19", pinned="153", last_talker="152", last_talk_at=NOW),
    ),
    Case(
        "who is not in the order is not asked", None, "route.group.unknown_caller", OWNED,
        routing={"order": ["last_talker", "line"]},
    ),
    Case(
        "the line's own phone", "153", "route.line",
        routing={"lines": {"80170000001": {"extension": "153"}}},
    ),
    Case(
        "of a hidden caller only the line is known", "153", "route.line",
        routing={"lines": {LINE: {"extension": "153"}}}, caller=None,
    ),
    Case("the CRM's own code", "151", "route.owner", KnownCaller(owner_user="7", owner_code="151")),
    Case(
        "our mapping beats the CRM's code", "150", "route.owner",
        KnownCaller(owner_user="19", owner_code="151"),
    ),
    # nobody
    Case("a stranger", None, "route.group.unknown_caller"),
    Case("an empty entry", None, "route.group.unknown_caller", KnownCaller()),
    Case("a hidden number", None, "route.group.hidden_number", OWNED, caller=None),
    Case("switched off", None, "route.group.off", OWNED, routing={"enabled": False}),
    Case(
        "the line is switched off", None, "route.group.line_off", OWNED,
        routing={"lines": {LINE: {"off": True}}},
    ),
    Case(
        "an owner without a phone", None, "route.group.nobody", KnownCaller(owner_user="77"),
        skipped=(("", "no_extension"),),
    ),
    Case(
        "then the next one", "152", "route.last_talker",
        KnownCaller(owner_user="77", last_talker="152", last_talk_at=NOW),
        skipped=(("", "no_extension"),),
    ),
    Case(
        "a phone that is not ours is never named", None, "route.group.nobody",
        KnownCaller(owner_user="7", owner_code="79001234567"),
        skipped=(("79001234567", "unknown_extension"),),
    ),
    Case(
        "a phone that is no more", None, "route.group.nobody",
        KnownCaller(pinned="199"), skipped=(("199", "unknown_extension"),),
    ),
    Case(
        "a talk too long ago", None, "route.group.unknown_caller",
        KnownCaller(last_talker="152", last_talk_at=NOW - timedelta(days=91)),
    ),
    Case(
        "the enterprise says how long", None, "route.group.unknown_caller", TALKED,
        routing={"last_talker_days": 2},
    ),
    # busy
    Case(
        "talking: the next one", "152", "route.last_talker", BOTH, {"150": TALKING},
        skipped=(("150", "talking"),),
    ),
    Case(
        "ringing already: the next one", "152", "route.last_talker", BOTH, {"150": RINGING},
        skipped=(("150", "ringing"),),
    ),
    Case(
        "busy by their own word", "152", "route.last_talker", BOTH,
        {"150": PhoneState("busy")}, skipped=(("150", "busy"),),
    ),
    Case(
        "busy, ring all the same", "150", "route.owner", BOTH, {"150": TALKING}, {"busy": "ring"}
    ),
    Case(
        "busy: straight to the group", None, "route.group.taken", BOTH, {"150": TALKING},
        {"busy": "group"}, skipped=(("150", "talking"),),
    ),
    Case(
        "busy: the deputy", "151", "route.deputy", BOTH, {"150": TALKING},
        {"deputies": {"150": "151"}}, skipped=(("150", "talking"),),
    ),
    Case(
        "deputy busy too: the next candidate", "152", "route.last_talker", BOTH,
        {"150": TALKING, "151": TALKING}, {"deputies": {"150": "151"}},
        skipped=(("150", "talking"), ("151", "talking")),
    ),
    Case(
        "deputies have no deputies", None, "route.group.nobody", OWNED,
        {"150": TALKING, "151": TALKING}, {"deputies": {"150": "151", "151": "150"}},
        skipped=(("150", "talking"), ("151", "talking")),
    ),
    Case(
        "nobody is asked twice", None, "route.group.nobody",
        KnownCaller(owner_user="19", last_talker="150", last_talk_at=NOW), {"150": TALKING},
        skipped=(("150", "talking"),),
    ),
    # away
    Case(
        "at dinner", "152", "route.last_talker", BOTH, {"150": PhoneState("dinner")},
        skipped=(("150", "dinner"),),
    ),
    Case(
        "on a break, rung all the same", "150", "route.owner", BOTH, {"150": PhoneState("break")},
        {"away": "ring"},
    ),
    Case(
        "on a break and in a call", "152", "route.last_talker", BOTH,
        {"150": PhoneState("break", talking=True)}, {"away": "ring"},
        skipped=(("150", "talking"),),
    ),
    Case(
        "a phone that is not there cannot be rung", "152", "route.last_talker", BOTH,
        {"150": GONE}, {"away": "ring"}, skipped=(("150", "unreachable"),),
    ),
    Case(
        "all away", None, "route.group.nobody", BOTH,
        {"150": PhoneState("dinner"), "152": PhoneState("break")},
        skipped=(("150", "dinner"), ("152", "break")),
    ),
    # hours
    Case("in working hours", "150", "route.owner", OWNED, routing={"hours": DAY}),
    Case(
        "after hours", None, "route.group.closed", OWNED, routing={"hours": DAY},
        at=NOW.replace(hour=18), skipped=(("150", "closed"),),
    ),
    Case(
        "the last minute", "150", "route.owner", OWNED, routing={"hours": DAY},
        at=NOW.replace(hour=17, minute=59),
    ),
    Case(
        "on Sunday", None, "route.group.closed", OWNED, routing={"hours": DAY},
        at=NOW + timedelta(days=4), skipped=(("150", "closed"),),
    ),
    Case(
        "after hours, rung all the same", "150", "route.owner", OWNED,
        routing={"hours": DAY, "closed": "ring"}, at=NOW.replace(hour=20),
    ),
    Case(
        "after hours the one on duty", "153", "route.deputy", BOTH,
        routing={"hours": DAY, "closed": "next", "deputies": {"152": "153"}},
        at=NOW.replace(hour=20), skipped=(("150", "closed"), ("152", "closed")),
    ),
    Case(
        "after hours nobody on duty", None, "route.group.closed", BOTH,
        routing={"hours": DAY, "closed": "next"},
        at=NOW.replace(hour=20), skipped=(("150", "closed"), ("152", "closed")),
    ),
    Case(
        "a night shift, after midnight", "150", "route.owner", OWNED,
        routing={"hours": NIGHT}, at=NOW.replace(hour=5),
    ),
    Case(
        "a night shift has ended", None, "route.group.closed", OWNED,
        routing={"hours": NIGHT}, at=NOW.replace(hour=6), skipped=(("150", "closed"),),
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_route(case: Case) -> None:
    knowledge = Knowledge(case.entry, {"19": "150", "18": None}, KNOWN, case.states)
    policy = read_routing({"routing": case.routing}, "BY")

    answer = decide_route(knowledge, policy, caller=case.caller, line=LINE, at=case.at)

    assert (answer.extension, answer.why, answer.skipped) == (
        case.extension,
        case.why,
        case.skipped,
    )


def test_age_is_of_the_knowledge_that_decided() -> None:
    knowledge = Knowledge(BOTH, {"19": "150"}, KNOWN, {})
    policy = read_routing({})
    asked: dict[str, Any] = {"caller": CALLER, "line": LINE}

    assert decide_route(knowledge, policy, at=NOW, **asked).age_s == 120
    later = NOW.astimezone(UTC) + timedelta(hours=1)
    assert decide_route(knowledge, policy, at=later, **asked).age_s == 3720
    earlier = NOW - timedelta(hours=1)  # another machine's clock
    assert decide_route(knowledge, policy, at=earlier, **asked).age_s == 0


def test_moments_are_forgotten_and_words_are_kept() -> None:
    states = {"150": TALKING, "151": PhoneState("dinner", ringing=True), "152": GONE}
    knowledge = forget_moments(Knowledge(OWNED, states=states))
    assert knowledge.states == {"150": PhoneState(), "151": PhoneState("dinner"), "152": GONE}
    assert knowledge.entry is OWNED


@pytest.mark.parametrize(
    "routing",
    [
        None,
        "on",
        [],
        {"order": "owner", "busy": "call", "hours": [], "deputies": [], "lines": "150"},
        {"lines": {LINE: "150"}, "last_talker_days": "many", "hours": {}},
        {"last_talker_days": True, "away": None, "closed": 7},
    ],
)
def test_odd_rules_are_as_none(routing: Any) -> None:
    policy = read_routing({"routing": routing})
    assert policy == read_routing({})
    assert policy.order == STEPS
    assert policy.enabled
    assert policy.is_open(NOW)


def test_an_unreadable_day_is_open_and_a_missing_one_is_not() -> None:
    policy = read_routing({"routing": {"hours": {"wed": ["9", "late"], "thu": ["09:00", "24:00"]}}})
    assert policy.is_open(NOW)
    assert policy.is_open(NOW.replace(hour=3))
    thursday = NOW + timedelta(days=1)
    assert policy.is_open(thursday.replace(hour=23, minute=59))
    assert not policy.is_open(thursday.replace(hour=8))
    assert not policy.is_open(NOW + timedelta(days=2, hours=0))


def test_every_reason_has_its_sentence_in_every_language() -> None:
    texts = Texts.load()
    reasons = {case.why for case in CASES} | {f"route.group.{why}" for why in ("no_data", "failed")}
    reasons |= {f"route.skip.{reason}" for case in CASES for _, reason in case.skipped}
    missing = {(w, lang) for w in reasons for lang in ("ru", "uk", "en") if not texts.has(lang, w)}
    assert missing == set()
