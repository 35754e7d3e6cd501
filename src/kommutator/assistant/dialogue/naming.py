"""What the salon has, as a client is told of it. Nothing is named that the scene does not hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kommutator.assistant.dialogue.dates import moment_in_words
from kommutator.assistant.dialogue.forms import plain
from kommutator.domain.assistant.ports import Scene
from kommutator.domain.assistant.talk import Offer
from kommutator.domain.salon.facts import Service, StaffMember, Visit

POPULAR = 6
"""As many services are named where all would be too many."""


def service_of(scene: Scene, service_id: int) -> Service | None:
    return next((one for one in scene.services if one.id == service_id), None)


def services_of(scene: Scene, ids: Iterable[int]) -> list[Service]:
    """In the order of `ids`; unknown ones are left out."""
    known = {one.id: one for one in scene.services}
    return [known[one] for one in ids if one in known]


def staff_of(scene: Scene, staff_id: int | None) -> StaffMember | None:
    return next((one for one in scene.staff if one.id == staff_id), None)


def who_can(scene: Scene, service_ids: Sequence[int]) -> list[StaffMember]:
    """Everybody who does all of these."""
    wanted = services_of(scene, service_ids)
    return [one for one in scene.staff if all(one.id in service.staff_s for service in wanted)]


def popular(scene: Scene) -> list[Service]:
    """What this client usually has comes first, then the salon's own order."""
    usual = scene.client.usual_services
    ranked = sorted(scene.services, key=lambda one: (one.id not in usual, -one.weight))
    return ranked[:POPULAR]


def titles(services: Iterable[Service]) -> str:
    """As in "маникюр, педикюр"."""
    return ", ".join(plain(one.title) for one in services)


def names(staff: Iterable[StaffMember]) -> str:
    return ", ".join(one.name for one in staff)


def name_of(scene: Scene, staff_id: int) -> str:
    """Empty for somebody who is not shown any more."""
    one = staff_of(scene, staff_id)
    return "" if one is None else one.name


def amount(scene: Scene, low: int, high: int) -> str:
    """As in "1 500 ₽" and "1 500–2 000 ₽"; empty where no price is set."""
    if high <= 0 and low <= 0:
        return ""
    shown = _spaced(low) if high <= low else f"{_spaced(low)}–{_spaced(high)}"
    return f"{shown} {scene.currency}".rstrip()


def price(scene: Scene, service_ids: Sequence[int]) -> str:
    """Of all together; empty if one of them has no price."""
    services = services_of(scene, service_ids)
    highs = [max(one.price_min, one.price_max) for one in services]
    if not services or not all(highs):
        return ""
    return amount(scene, sum(one.price_min for one in services), sum(highs))


def listed(*parts: str) -> str:
    """What is known of something, in one line."""
    return ", ".join(part for part in parts if part)


def offer_in_words(scene: Scene, offer: Offer, language: str) -> str:
    moment = moment_in_words(offer.starts_at, scene.now.date(), language)
    return listed(moment, name_of(scene, offer.staff_id))


def visit_in_words(scene: Scene, visit: Visit, language: str) -> str:
    """As in "маникюр, Анна, пятница, 20 ноября, 15:00"."""
    what = ", ".join(plain(one.title) for one in visit.services)
    moment = moment_in_words(visit.starts_at, scene.now.date(), language)
    return listed(what, name_of(scene, visit.staff_id), moment)


def visits_in_words(scene: Scene, records: Iterable[int], language: str) -> list[str]:
    """A line for each that is there."""
    visits = [visit_of(scene, one) for one in records]
    return [visit_in_words(scene, one, language) for one in visits if one is not None]


def visit_of(scene: Scene, record_id: int | None) -> Visit | None:
    return next((one for one in scene.client.visits if one.id == record_id), None)


def numbered(lines: Iterable[str]) -> str:
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))


def bulleted(lines: Iterable[str]) -> str:
    return "\n".join(f"• {line}" for line in lines)


def _spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")
