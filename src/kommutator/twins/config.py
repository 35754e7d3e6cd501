"""How a set of twins is to be started."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from kommutator.kit.clock import Clock, SystemClock
from kommutator.kit.ids import Ids, SystemIds

ENVIRONMENT_PREFIX = "KOMMUTATOR_TWIN_"


@dataclass(frozen=True)
class TwinsConfig:
    """Which twins, where, and what must not be left to chance.

    `ports` maps a twin's name to its port (0 = any free one; missing = the twin's own default).
    `options` maps a twin's name to its settings, e.g. `{"retailcrm": {"api_key": "…"}}`; what is
    missing there is looked up in `environment` as `KOMMUTATOR_TWIN_RETAILCRM_API_KEY`.
    """

    names: tuple[str, ...] = ("retailcrm",)
    host: str = "127.0.0.1"
    ports: Mapping[str, int] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    clock: Clock = field(default_factory=SystemClock)
    ids: Ids = field(default_factory=SystemIds)

    def option(self, twin: str, name: str) -> str | None:
        """A setting of one twin, or None."""
        given = self.options.get(twin, {}).get(name)
        return given or self.environment.get(f"{ENVIRONMENT_PREFIX}{twin}_{name}".upper())
