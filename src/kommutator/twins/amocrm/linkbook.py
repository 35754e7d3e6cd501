"""Which card hangs on which: kept from both sides."""

from __future__ import annotations

from collections.abc import Iterator

Side = tuple[str, int]  # (entity, id)


class LinkBook:
    """Links between leads, contacts and companies; `main` marks a lead's main contact."""

    def __init__(self) -> None:
        self._sides: dict[Side, dict[Side, bool]] = {}

    def link(self, one: Side, other: Side, *, main: bool | None = None) -> None:
        """Tie two cards together. `main` None: the first contact of a lead becomes its main one."""
        if one[0] == "contacts" and other[0] == "leads":
            one, other = other, one
        if one[0] == "leads" and other[0] == "contacts":
            present = list(self.of(one, "contacts"))
            main = not any(m for _, m in present) if main is None else main
            if main:
                for number, _ in present:
                    self._tie(one, ("contacts", number), main=False)
        if one[0] == "leads" and other[0] == "companies":
            for number, _ in list(self.of(one, "companies")):
                self.unlink(one, ("companies", number))
        self._tie(one, other, main=bool(main))

    def unlink(self, one: Side, other: Side) -> bool:
        """Untie two cards; False when they were not tied."""
        self._sides.get(other, {}).pop(one, None)
        return self._sides.get(one, {}).pop(other, None) is not None

    def linked(self, one: Side, other: Side) -> bool:
        """Whether the two hang together."""
        return other in self._sides.get(one, {})

    def of(self, side: Side, entity: str) -> Iterator[tuple[int, bool]]:
        """`(id, main)` of the cards of one kind that hang on this one."""
        for (kind, number), main in self._sides.get(side, {}).items():
            if kind == entity:
                yield number, main

    def ids(self, side: Side, entity: str) -> list[int]:
        """Ids only."""
        return [number for number, _ in self.of(side, entity)]

    def all_of(self, side: Side) -> list[tuple[Side, bool]]:
        """Everything that hangs on a card."""
        return list(self._sides.get(side, {}).items())

    def _tie(self, one: Side, other: Side, *, main: bool) -> None:
        self._sides.setdefault(one, {})[other] = main
        self._sides.setdefault(other, {})[one] = main
