"""Opens the library when it is first needed: it takes a second, and may be absent."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import Any, Final

from kommutator.assistant.llm.desk import Desk
from kommutator.assistant.llm.ports import Spent, ThoughtError, TurnLimits
from kommutator.domain.assistant.model import ModelSetup, ModelTried
from kommutator.domain.assistant.talk import Turn
from kommutator.kit.clock import Clock
from kommutator.kit.http import HttpClient

_ROOM: Final = "kommutator.assistant.llm"


class Models:
    """Asks the models of enterprises through our own client. Implements `ports.Thinks`."""

    def __init__(self, http: HttpClient, limits: TurnLimits, *, clock: Clock) -> None:
        self._http = http
        self._limits = limits
        self._clock = clock

    async def open(self) -> None:
        """Whatever a turn needs; at once if it is open. Raises ThoughtError: `no_package`."""
        try:
            await _open("agent")
            await _open("wire")
        except ImportError:
            raise ThoughtError("no_package", its_fault=False) from None

    async def __call__(
        self, setup: ModelSetup, desk: Desk, limits: TurnLimits, spent: Spent
    ) -> Turn:
        agent, wire = await _open("agent"), await _open("wire")
        model = wire.model_of(setup, self._http, limits.seconds)
        turn: Turn = await agent.one_move(model, desk, limits, spent, timeout_s=limits.seconds)
        return turn

    async def test(self, setup: ModelSetup) -> ModelTried:
        """Whether the model answers and uses tools; never raises for anything that it does."""
        try:
            trial, wire = await _open("trial"), await _open("wire")
        except ImportError:
            return ModelTried("no_package")
        seconds = self._limits.seconds
        model = wire.model_of(setup, self._http, seconds)
        tried: ModelTried = await trial.try_model(model, self._clock, Spent(), seconds=seconds)
        return tried


async def _open(room: str) -> Any:
    """In a thread, so that nobody else waits for the library's second."""
    return await asyncio.to_thread(import_module, f"{_ROOM}.{room}")
