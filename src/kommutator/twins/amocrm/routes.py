"""Every path of the API. A room lists its own in `ROUTES`; here they are put together."""

from __future__ import annotations

from collections.abc import Iterable

from kommutator.twins.amocrm import (
    about,
    calls,
    cards,
    cards_write,
    complex_leads,
    custom_fields,
    entity_links,
    events,
    legacy,
    notes,
    pipelines,
    tasks,
    unsorted,
    users,
    webhooks,
)
from kommutator.twins.amocrm.call import Route

# Rooms of the API, each with its ROUTES.
ROOMS: tuple[tuple[Route, ...], ...] = (
    about.ROUTES,
    cards.ROUTES,
    cards_write.ROUTES,
    complex_leads.ROUTES,
    custom_fields.ROUTES,
    pipelines.ROUTES,
    users.ROUTES,
    tasks.ROUTES,
    notes.ROUTES,
    entity_links.ROUTES,
    events.ROUTES,
    calls.ROUTES,
    unsorted.ROUTES,
    webhooks.ROUTES,
    legacy.ROUTES,
)


class RouteTable:
    """Finds a route by looking only at those with as many parts as the path has."""

    def __init__(self, rooms: Iterable[Iterable[Route]]) -> None:
        self._by_length: dict[int, list[tuple[list[str], Route]]] = {}
        for room in rooms:
            for route in room:
                parts = _parts(route.template)
                self._by_length.setdefault(len(parts), []).append((parts, route))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | bool:
        """The route with its arguments; True: the path is known, the method is not; False.

        Fixed words win over `{…}`, so that `pipelines` is never taken for an id.
        """
        wanted = _parts(path)
        known = False
        best: tuple[int, Route, dict[str, str]] | None = None
        for parts, route in self._by_length.get(len(wanted), ()):
            args = _match(parts, wanted)
            if args is None:
                continue
            known = True
            if route.method == method and (best is None or len(args) < best[0]):
                best = (len(args), route, args)
        return (best[1], best[2]) if best else known


def _parts(path: str) -> list[str]:
    return path.strip("/").split("/")


def _match(parts: list[str], wanted: list[str]) -> dict[str, str] | None:
    args: dict[str, str] = {}
    for part, word in zip(parts, wanted, strict=True):
        if part.startswith("{"):
            args[part[1:-1]] = word
        elif part != word:
            return None
    return args


TABLE = RouteTable(ROOMS)
