"""Answers that are still awaited, by ActionID."""

from __future__ import annotations

import asyncio
from typing import Any

from kommutator.connectors.pbx.asterisk.errors import AmiError

ITEMS = "Items"
"""Under this name the answer of a list action carries the events of its list."""


class Pending:
    """Matches messages with the actions that asked for them."""

    def __init__(self) -> None:
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._lists: dict[str, list[dict[str, Any]]] = {}

    def expect(self, action_id: str) -> asyncio.Future[dict[str, Any]]:
        """The answer to come."""
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[action_id] = answer
        return answer

    def forget(self, action_id: str) -> None:
        self._answers.pop(action_id, None)
        self._lists.pop(action_id, None)

    def fail(self, error: AmiError) -> None:
        """Nothing more will come."""
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(error)
        self._answers.clear()
        self._lists.clear()

    def settle(self, message: dict[str, Any]) -> bool:
        """Whether the message was (part of) an answer.

        Told by `Event` first: OriginateResponse is an event that has a `Response` header too.
        """
        action_id = str(message.get("ActionID", ""))
        if "Event" in message:
            return self._collect(action_id, message)
        if str(message.get("EventList", "")).lower() == "start" and action_id in self._answers:
            self._lists[action_id] = []
        else:
            self._answer(action_id, message)
        return True

    def _collect(self, action_id: str, event: dict[str, Any]) -> bool:
        items = self._lists.get(action_id)
        if items is None:
            return False
        if str(event.get("EventList", "")).lower() in {"complete", "cancelled"}:
            del self._lists[action_id]
            self._answer(action_id, {"Response": "Success", ITEMS: items})
        else:
            items.append(event)
        return True

    def _answer(self, action_id: str, message: dict[str, Any]) -> None:
        answer = self._answers.pop(action_id, None)
        if answer is not None and not answer.done():
            answer.set_result(message)
