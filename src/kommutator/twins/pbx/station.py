"""What phones and the provider share: a SIP agent with people behind it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Self

from kommutator.twins.pbx.behaviour import Behaviour
from kommutator.twins.pbx.errors import SipError
from kommutator.twins.pbx.sip.agent import Address, SipAgent
from kommutator.twins.pbx.sip.call import Call
from kommutator.twins.pbx.sip.incoming import IncomingCall
from kommutator.twins.pbx.sip.message import Message
from kommutator.twins.pbx.sip.outgoing import OutgoingCall

_log = logging.getLogger(__name__)

Choice = Callable[[IncomingCall], Behaviour]


class Station:
    """Takes every incoming call, treats it as `choose` says, remembers it in `incoming`."""

    def __init__(
        self, user: str, server: Address, choose: Choice, *, host: str, secret: str | None = None
    ) -> None:
        self.choose = choose
        self.incoming: list[IncomingCall] = []
        self.agent = SipAgent(user, server, secret=secret, host=host, on_invite=self._take)
        self._handed_out = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        await self.agent.open()

    async def stop(self) -> None:
        """Drop everything; the other side hears nothing of it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for conversation in list(self.agent.conversations.values()):
            if isinstance(conversation, Call):
                conversation.finish()
        self.agent.close()

    async def dial(self, number: str, caller: str) -> OutgoingCall:
        """Call `number`, showing `caller`; returns at once."""
        return await OutgoingCall.start(self.agent, number, caller)

    async def next_call(self, timeout_s: float = 5.0) -> IncomingCall:
        """The next incoming call not yet handed out by this method. Raises SipTimeout."""
        what = f"{self.agent.user}: an incoming call"
        call = await self.agent.changes.until(self._unseen, timeout_s, what)
        self._handed_out += 1
        return call

    async def wait_ringing(self, timeout_s: float = 5.0) -> IncomingCall:
        """A call that rings here right now. Raises SipTimeout."""
        what = f"{self.agent.user}: a ringing call"
        return await self.agent.changes.until(self._ringing, timeout_s, what)

    def _unseen(self) -> IncomingCall | None:
        return self.incoming[self._handed_out] if self._handed_out < len(self.incoming) else None

    def _ringing(self) -> IncomingCall | None:
        ringing = (c for c in self.incoming if c.ringing_at and c.final_code is None)
        return next(ringing, None)

    def _take(self, invite: Message) -> None:
        call = IncomingCall(self.agent, invite)
        self.incoming.append(call)
        self.agent.changes.notify()
        self.background(self._treat(call))

    async def _treat(self, call: IncomingCall) -> None:
        await self.choose(call).play(call)

    def background(self, work: Coroutine[None, None, None]) -> None:
        """Run something for as long as the station lives."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._note_end)

    def _note_end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()):
            expected = isinstance(failure, SipError)  # the PBX went away in the middle of a call
            _log.warning("%s: %s", self.agent.user, failure, exc_info=None if expected else failure)
