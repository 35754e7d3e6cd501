"""`kommutator demo`: one scripted call through the running system, step by step.

Looks from outside only: the street places the call, our API tells what we know, the fake CRM
tells what it holds. Succeeds only if the CRM's state is right.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from kommutator.demo.notes import DemoNotes
from kommutator.demo.seed import NUMBER
from kommutator.kit.clock import Clock
from kommutator.kit.errors import KommutatorError

_PATIENCE_S = 30.0
_TALK_S = 2.0
_MOST_CALLERS = 10_000_000


class DemoFailed(KommutatorError):
    """The call did not arrive as it should; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Step:
    """`name` is the slug of `cli.demo.<name>`; `after_s` since the call was placed."""

    name: str
    after_s: float
    facts: Mapping[str, Any]


class Script:
    """One run. Iterate `steps()`; it raises DemoFailed where the story breaks off."""

    def __init__(
        self, session: aiohttp.ClientSession, notes: DemoNotes, *, clock: Clock, caller: str
    ) -> None:
        self._session = session
        self._notes = notes
        self._clock = clock
        self._caller = caller
        self._began = 0.0

    async def steps(self) -> AsyncIterator[Step]:
        before = await self._crm_state()
        self._began = self._clock.monotonic()
        placed = await self._place()
        yield self._step("placed", way=placed["way"], caller=self._caller)
        call = await self._until("ringing", self._our_call)
        yield self._step("ringing", call_id=call["id"], rang=", ".join(call.get("rang") or ()))
        popup = await self._until("popup", self._popup)
        yield self._step("popup", users=_shown_to(popup))
        call = await self._until("answered", self._our_call, phase=("talking", "ended"))
        yield self._step("answered", by=", ".join(call.get("answered_by") or ()))
        call = await self._until("ended", self._our_call, phase=("ended",))
        yield self._step("ended", talk_s=call.get("talk_s"))
        record = await self._until("recorded", self._record)
        yield self._step("recorded", result=record["result"], duration=record.get("duration"))
        after = await self._crm_state()
        self._check(before, after, call["id"])
        yield self._step("crm", calls=len(after["calls"]), events=len(after["events"]))

    def _step(self, name: str, **facts: Any) -> Step:
        return Step(name, self._clock.monotonic() - self._began, facts)

    async def _place(self) -> dict[str, Any]:
        answer = await self._session.post(
            f"{self._notes.street_url}/call",
            json={"caller": self._caller, "answered": True, "talk_s": _TALK_S},
            headers={"X-Street-Token": self._notes.street_token},
        )
        body: dict[str, Any] = await answer.json()
        if not body.get("ok"):
            raise DemoFailed(f"placed: {body.get('error')}")
        return body

    async def _until(self, name: str, look: Any, phase: tuple[str, ...] = ()) -> dict[str, Any]:
        while self._clock.monotonic() - self._began < _PATIENCE_S:
            found: dict[str, Any] | None = await look()
            if found is not None and (not phase or found.get("phase") in phase):
                return found
            await self._clock.sleep(0.02)
        raise DemoFailed(name)

    async def _our_call(self) -> dict[str, Any] | None:
        """The newest call of this caller by our API."""
        answer = await self._session.get(
            f"{self._notes.base_url}/api/v1/calls",
            params={"phone": self._caller, "limit": "1"},
            headers={"X-API-Key": self._notes.events_key or ""},
        )
        if not answer.ok:
            raise DemoFailed(f"api: {answer.status}")
        items: list[dict[str, Any]] = (await answer.json())["items"]
        return items[0] if items else None

    async def _popup(self) -> dict[str, Any] | None:
        state = await self._crm_state()
        mine = [popup for popup in state["popups"] if popup.get("phone") == self._caller]
        return mine[-1] if mine else None

    async def _record(self) -> dict[str, Any] | None:
        state = await self._crm_state()
        mine = [call for call in state["calls"] if call.get("phone") == self._caller]
        return mine[-1] if mine else None

    async def _crm_state(self) -> dict[str, Any]:
        answer = await self._session.get(
            f"{self._notes.crm_url}/_twin/state", params={"account": "demo"}
        )
        state: dict[str, Any] = await answer.json()
        return state

    def _check(self, before: dict[str, Any], after: dict[str, Any], call_id: str) -> None:
        """Exactly one record, answered, under our id, and nothing the vendor would frown at."""
        fresh = [call for call in after["calls"] if call not in before["calls"]]
        mine = [call for call in fresh if call.get("externalId") == call_id]
        wrong = [
            name
            for name, right in (
                ("one_record", len(mine) == 1),
                ("answered", bool(mine) and mine[0].get("result") == "answered"),
                ("phone", bool(mine) and mine[0].get("phone") == self._caller),
                ("violations", after.get("violations") == before.get("violations")),
            )
            if not right
        ]
        if wrong:
            raise DemoFailed(f"crm: {', '.join(wrong)} (enterprise {NUMBER})")


def _shown_to(popup: Mapping[str, Any]) -> str:
    users = popup.get("users") or popup.get("userIds") or [popup.get("userId")]
    return ", ".join(str(user) for user in users if user is not None)


def caller_of(token: str) -> str:
    """A number nobody has, different at each run."""
    digits = int.from_bytes(token.encode()[:8], "big") % _MOST_CALLERS
    return f"+37500{digits:07d}"
