"""What a contract does not settle: each doubt is a switch, never a fixed answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar


@dataclass
class SwitchBoard:
    """Switches of one twin: its fields, of type bool, int, float or str.

    `CHOICES` names the words a str switch may hold.
    """

    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def change(self, wanted: Mapping[str, Any]) -> None:
        """Set some switches.

        Raises:
            ValueError: unknown name or value; nothing is changed then.
        """
        types = {f.name: type(getattr(self, f.name)) for f in fields(self)}
        ready: dict[str, Any] = {}
        for name, value in wanted.items():
            if name not in types:
                raise ValueError(f"unknown switch {name!r}; known: {', '.join(sorted(types))}")
            if name in self.CHOICES and value not in self.CHOICES[name]:
                raise ValueError(f"{name} is one of {', '.join(self.CHOICES[name])}")
            if types[name] is bool and not isinstance(value, bool):
                raise ValueError(f"{name} is true or false")
            ready[name] = types[name](value)
        for name, value in ready.items():
            setattr(self, name, value)

    def dump(self) -> dict[str, Any]:
        """All switches as JSON."""
        return asdict(self)
