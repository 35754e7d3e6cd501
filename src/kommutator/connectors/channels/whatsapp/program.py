"""Which program the bridge is, and what it is given to see."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import kommutator
from kommutator.connectors.channels.whatsapp.errors import missing
from kommutator.connectors.channels.whatsapp.manifest import ENTRY, LIBRARY, NODE_OPTIONS
from kommutator.kit.node import find_node

CHECKOUT = Path(kommutator.__file__).parents[2] / "sidecars"
"""Where the sidecars stand beside this code; a wheel carries none."""
_PASSED_ON = ("PATH", "LANG", "NODE_EXTRA_CA_CERTS")


@dataclass(frozen=True, slots=True)
class Program:
    """How the bridge is started."""

    command: tuple[str, ...]
    environment: dict[str, str]


def bridge_program(
    folder: Path | None = None,
    node: Path | None = None,
    find: Callable[[], Path | None] = find_node,
) -> Program:
    """The bridge of this folder (None: beside our code), run by this Node (None: found).

    It sees nothing of our environment but how to find things: no keys of ours, and nothing that
    could loosen the checks of certificates.

    Raises:
        WhatsAppError: `whatsapp_bridge_missing`.
    """
    place = folder or CHECKOUT
    for needed in (ENTRY, LIBRARY):
        if not (place / needed).is_file():
            raise missing(f"{needed} is not in {place}")
    runner = node or find()
    if runner is None:
        raise missing("there is no Node 20 or newer")
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return Program((str(runner), *NODE_OPTIONS, str(place / ENTRY)), environment)
