"""Finds the endpoint of a path among the routes that the rooms of a twin list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar


class Routed(Protocol):
    """A method and a path such as `GET /api/v4/leads/{id}`."""

    @property
    def method(self) -> str: ...

    @property
    def template(self) -> str: ...


R = TypeVar("R", bound=Routed)


class RouteTable(Generic[R]):
    """Finds a route by looking only at those with as many parts as the path has."""

    def __init__(self, rooms: Iterable[Iterable[R]]) -> None:
        self._by_length: dict[int, list[tuple[list[str], R]]] = {}
        for room in rooms:
            for route in room:
                parts = _parts(route.template)
                self._by_length.setdefault(len(parts), []).append((parts, route))

    def find(self, method: str, path: str) -> tuple[R, dict[str, str]] | bool:
        """The route with its arguments; True: the path is known, the method is not; False.

        Fixed words win over `{…}`, so that `pipelines` is never taken for an id.
        """
        wanted = _parts(path)
        known = False
        best: tuple[int, R, dict[str, str]] | None = None
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
