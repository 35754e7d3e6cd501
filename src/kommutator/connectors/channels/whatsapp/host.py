"""Sessions of WhatsApp by QR. Implements `domain.whatsapp.ports.WhatsAppHost`."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from kommutator.connectors.channels.whatsapp.bridge import Bridge
from kommutator.connectors.channels.whatsapp.line import BaileysLine
from kommutator.connectors.channels.whatsapp.manifest import COMMAND_S
from kommutator.connectors.channels.whatsapp.program import Program, bridge_program
from kommutator.domain.whatsapp.ports import LineOptions, OnEvent, SessionKeys
from kommutator.kit.clock import Clock


class BaileysHost:
    """One bridge for all sessions of this process, started when the first is opened.

    Args:
        program: which bridge; `program.bridge_program` with the settings' folder and Node.
    """

    def __init__(self, *, clock: Clock, program: Callable[[], Program] = bridge_program) -> None:
        self._bridge = Bridge(program, clock=clock)
        self._numbers = itertools.count(1)
        self._lines: dict[str, BaileysLine] = {}

    async def open(
        self, session: str, keys: SessionKeys, options: LineOptions, on_event: OnEvent
    ) -> BaileysLine:
        """See the port. Raises WhatsAppError."""
        child = await self._bridge.child()
        earlier = self._lines.pop(session, None)
        if earlier is not None:
            await earlier.close()
        number = next(self._numbers)
        line = BaileysLine(child, session, number, keys, on_event)
        order = {"line": number, "creds": await keys.creds(), **_options(options)}
        child.feeds[number] = line
        try:
            await child.call("open", order, within=COMMAND_S)
        except BaseException:
            child.feeds.pop(number, None)
            raise
        self._lines[session] = line
        return line

    async def stop(self) -> None:
        """End the bridge; devices stay linked, sessions hear that they closed."""
        await self._bridge.stop()
        self._lines.clear()

    async def stats(self) -> dict[str, int]:
        """`starts` of the bridge; while one runs also `lines`, and bytes of memory: `rss`, `heap`.

        Raises WhatsAppError.
        """
        child = self._bridge.running
        told = {} if child is None else await child.call("stats", {}, within=COMMAND_S)
        figures = {name: value for name, value in told.items() if isinstance(value, int)}
        return {"starts": self._bridge.starts, **figures}


def _options(options: LineOptions) -> dict[str, Any]:
    return {
        "url": options.url,
        "proxy": options.proxy,
        "version": options.version,
        "root_key": options.root_key,
    }
