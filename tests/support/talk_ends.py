"""Whether a scripted talk ended as its script wants it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from kommutator.domain.assistant.talk import HandOver, Talk
from kommutator.domain.salon.facts import Attendance, Visit
from tests.support.imagined_salon import ImaginedSalon


def misses(
    end: Mapping[str, Any],
    client: Mapping[str, Any],
    salon: ImaginedSalon,
    talk: Talk,
    handed_over: HandOver | None,
) -> list[str]:
    """Of one end of a script (`tests/assistant/dialogues/README.md`); empty: it is met."""
    wrong: list[str] = []
    begun = client.get("visits", ())
    same = [{"staff": r["staff"], "services": r["services"], "at": r["at"]} for r in begun]
    left = salon.coming()
    wanted = end.get("visits")
    if wanted is None:
        wanted = [one for one in same if datetime.fromisoformat(one["at"]) > salon.now]
    if not _matched(left, wanted):
        wrong.append(f"visits {[_shown(one) for one in left]}, wanted {wanted}")
    confirmed = {
        one.id: "confirmed"
        for one in salon.visits.values()
        if one.attendance is Attendance.CONFIRMED
    }
    if confirmed != {int(k): v for k, v in end.get("attendance", {}).items()}:
        wrong.append(f"attendance {confirmed}, wanted {end.get('attendance', {})}")
    wrong += _ratings_missed(salon, end.get("rated", {}))
    speaking = "bot" if handed_over is None else "staff"
    if speaking != end.get("speaking", "bot"):
        wrong.append(f"{speaking} speaks ({handed_over})")
    if "handed_over" in end and handed_over not in listed(end["handed_over"]):
        wrong.append(f"handed over {handed_over}, wanted {end['handed_over']}")
    opted_out = end.get("opted_out", client.get("opted_out", False))
    if salon.opted_out is not opted_out:
        wrong.append(f"opted out: {salon.opted_out}")
    if "proposal" in end and talk.proposal is not None:
        wrong.append(f"still proposed: {talk.proposal}")
    return wrong


def _ratings_missed(salon: ImaginedSalon, wanted: Mapping[Any, Any]) -> list[str]:
    wrong = []
    if set(salon.rated) != {int(one) for one in wanted}:
        wrong.append(f"rated {salon.rated}, wanted {wanted}")
    for record, rating in wanted.items():
        got = salon.rated.get(int(record))
        if got is None or got.stars != rating["stars"]:
            wrong.append(f"rated {got}, wanted {rating}")
        elif "words" in rating and not re.search(rating["words"], got.words, re.IGNORECASE):
            wrong.append(f"words {got.words!r}, wanted {rating['words']!r}")
    return wrong


def _matched(visits: Sequence[Visit], wanted: Sequence[Mapping[str, Any]]) -> bool:
    left = list(visits)
    for one in wanted:
        found = next((visit for visit in left if _is(visit, one)), None)
        if found is None:
            return False
        left.remove(found)
    return not left


def _is(visit: Visit, wanted: Mapping[str, Any]) -> bool:
    start = visit.starts_at
    staff = listed(wanted.get("staff", visit.staff_id))
    days = [str(one) for one in listed(wanted.get("day", start.date().isoformat()))]
    after = time.fromisoformat(wanted.get("after", "00:00"))
    before = time.fromisoformat(wanted.get("before", "23:59"))
    services = {one.service_id for one in visit.services}
    return (
        (staff == ["any"] or visit.staff_id in staff)
        and services == set(wanted.get("services", services))
        and start == datetime.fromisoformat(wanted.get("at", start.isoformat()))
        and date.fromisoformat(days[0]) <= start.date() <= date.fromisoformat(days[-1])
        and after <= start.time() < before
        and visit.id == wanted.get("id", visit.id)
    )


def listed(one: Any) -> list[Any]:
    return list(one) if isinstance(one, list | tuple) else [one]


def _shown(visit: Visit) -> str:
    services = [one.service_id for one in visit.services]
    return f"{visit.id}: {services} at {visit.staff_id} {visit.starts_at:%m-%d %H:%M}"
