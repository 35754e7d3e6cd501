"""Whatever is heard: no fault, no act beyond the guard, nothing named that the salon has not."""

from __future__ import annotations

import asyncio
import re
from datetime import date, time
from functools import cache
from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kommutator.domain.assistant.frame import Frame, Intent, When
from tests.support.exam import imagined_salon
from tests.support.framed_talk import VISIT, FramedTalk
from tests.support.imagined_salon import Facts

_KEPT_SERVICES, _KEPT_STAFF = {102, 103, 131, 132}, {11, 14, 16}
_SERVICES = st.sampled_from([102, 103, 131, 132, 141, 999])
_STAFF = st.sampled_from([11, 14, 16, 17, 999])
_DAYS = st.dates(date(2026, 11, 10), date(2027, 2, 1))
_TIMES = st.sampled_from([None, time(9), time(12, 15), time(15), time(23, 59)])


@st.composite
def _whens(draw: st.DrawFn) -> When:
    first = draw(st.none() | _DAYS)
    last = None if first is None else max(first, draw(_DAYS))
    return When(first, last, draw(_TIMES), draw(_TIMES), draw(_TIMES), draw(st.booleans()))


_FRAMES = st.builds(
    Frame,
    intent=st.sampled_from(Intent),
    services=st.lists(_SERVICES, max_size=3).map(tuple),
    maybe_services=st.lists(_SERVICES, max_size=3).map(tuple),
    staff=st.none() | _STAFF,
    any_staff=st.booleans(),
    usual_staff=st.booleans(),
    when=st.just(When()) | _whens(),
    choice=st.none() | st.integers(-1, 9),
    stars=st.none() | st.integers(1, 5),
    name=st.none() | st.just("Олег"),
    phone=st.none() | st.just("+79990001122"),
    unclear=st.just(()) | st.just(("татуаж",)),
    language=st.sampled_from(["ru", "uk", "en"]),
)
_TEXTS = st.sampled_from(
    ["", "слова", "другое время", "позже", "меня и дочку", "и ещё", "{visit}", "верните деньги"]
)
_TURNS = st.lists(st.tuples(_FRAMES, _TEXTS), min_size=1, max_size=8)


@cache
def _small() -> Facts:
    """Of the salon only some; the rest is what must not be named."""
    raw = dict(imagined_salon())
    raw["services"] = [one for one in raw["services"] if one["id"] in _KEPT_SERVICES]
    raw["staff"] = [one for one in raw["staff"] if one["id"] in _KEPT_STAFF]
    return Facts(raw)


@cache
def _not_here() -> list[str]:
    salon = imagined_salon()
    services = [one["title"] for one in salon["services"] if one["id"] not in _KEPT_SERVICES]
    return services + [one["name"] for one in salon["staff"] if one["id"] not in _KEPT_STAFF]


@cache
def _prices() -> set[str]:
    """Of one service, or of several together."""
    services = _small().services
    groups = [group for n in (1, 2, 3, 4) for group in combinations(services, n)]
    return {f"{sum(one.price_min for one in group):,}".replace(",", " ") for group in groups}


def _script(draw: tuple[bool, bool, bool]) -> dict[str, Any]:
    has_visit, is_asked, is_known = draw
    client = {
        "visits": [VISIT] if has_visit else [],
        "usual_staff": 11 if is_asked else None,
        "name": "Ольга" if is_known else None,
        "phone": "+79161112233" if is_known else None,
    }
    kinds = ["reminder", "review"] if is_asked else []
    questions = [
        {"kind": kind, "record_id": 501, "visit_start": VISIT["at"]} for kind in kinds if has_visit
    ]
    return {"client": client, "questions": questions}


@settings(max_examples=150, deadline=None)
@given(_TURNS, st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_nothing_is_invented_whatever_is_heard(
    turns: list[tuple[Frame, str]], about: tuple[bool, bool, bool]
) -> None:
    said = asyncio.run(_all(FramedTalk(_small(), **_script(about)), turns)).lower()
    assert [name for name in _not_here() if name.lower() in said] == []
    assert set(re.findall(r"(\d[\d ]*) ₽", said)) <= _prices()


async def _all(talk: FramedTalk, turns: list[tuple[Frame, str]]) -> str:
    """Every act went by the guard: `hear` looks at it."""
    said: list[str] = []
    for frame, text in turns:
        said += await talk.hear(frame, text)
    return "\n".join(said)
