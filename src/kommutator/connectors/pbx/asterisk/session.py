"""One TCP session with a PBX's manager interface, from log-in to its end."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

from kommutator.connectors.pbx.asterisk.address import AmiAddress
from kommutator.connectors.pbx.asterisk.errors import (
    SHUTTING_DOWN,
    ActionRefused,
    ActionTimeout,
    AmiError,
    LinkDown,
    LinkLost,
    LoginRefused,
)
from kommutator.connectors.pbx.asterisk.pending import Pending
from kommutator.connectors.pbx.asterisk.wire import END, Fields, decode, encode
from kommutator.kit.clock import Clock

_LONGEST_MESSAGE: Final = 1 << 20
_BANNER: Final = b"Asterisk Call Manager"
Result = TypeVar("Result")
OnEvent = Callable[[dict[str, Any]], None]


async def within(clock: Clock, work: Awaitable[Result], seconds: float) -> Result:
    """Await `work` for at most `seconds` of the given clock. Raises TimeoutError."""
    doing = asyncio.ensure_future(work)
    bell = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({doing, bell}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise TimeoutError
        return doing.result()
    finally:
        for task in (doing, bell):
            task.cancel()


class AmiSession:
    """Logged in when `open` returns; dead for ever once `ended` is set.

    Events go to `on_event` in the order of their arrival, from the log-in's answer on.
    """

    def __init__(
        self,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        on_event: OnEvent,
        *,
        clock: Clock,
        limit_s: float,
    ) -> None:
        self._reader, self._writer = streams
        self._on_event = on_event
        self._clock = clock
        self._limit_s = limit_s
        self._pending = Pending()
        self._tasks: list[asyncio.Task[None]] = []
        self.ended = asyncio.Event()
        self.end_reason: AmiError | None = None

    @classmethod
    async def open(
        cls,
        address: AmiAddress,
        tls: ssl.SSLContext | None,
        on_event: OnEvent,
        *,
        clock: Clock,
        limit_s: float,
        ping: float,
    ) -> AmiSession:
        """Connect, log in, start listening and pinging. `limit_s` bounds each wait for the peer.

        Raises:
            LinkDown: nobody answers there, or not a manager interface, or not in time.
            LoginRefused: it knows neither this name nor this secret, or not from here.
        """
        streams = await _connect(address, tls, clock, limit_s)
        session = cls(streams, on_event, clock=clock, limit_s=limit_s)
        try:
            await session._greet()
            session._spawn(session._listen())
            await session._log_in(address)
        except BaseException:
            await session.close("not logged in")
            raise
        session._spawn(session._ping_for_ever(ping))
        return session

    async def action(self, fields: Fields, action_id: str) -> dict[str, Any]:
        """Send one action and return its answer. Never sent twice.

        Raises:
            InvalidField, LinkDown: nothing was sent.
            ActionTimeout, LinkLost: sent; whether it was executed is not known.
            ActionRefused: the PBX said no.
        """
        raw = encode([*fields, ("ActionID", action_id)])
        if self.ended.is_set():
            raise LinkDown("the link to the PBX is down")
        answer = self._pending.expect(action_id)
        try:
            self._writer.write(raw)
            message = await within(self._clock, answer, self._limit_s)
        except TimeoutError:
            raise ActionTimeout(f"no answer from the PBX within {self._limit_s:g} s") from None
        finally:
            self._pending.forget(action_id)
        if message.get("Response") == "Error":
            raise ActionRefused(str(message.get("Message", "refused without a word")))
        return message

    async def close(self, reason: str) -> None:
        """End the session; idempotent."""
        self._end(LinkLost(f"the link to the PBX was closed: {reason}"))
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(OSError, TimeoutError):
            await within(self._clock, self._writer.wait_closed(), self._limit_s)

    def _spawn(self, work: Any) -> None:
        self._tasks.append(asyncio.create_task(self._guard(work)))

    async def _guard(self, work: Any) -> None:
        """Whatever ends one of our tasks ends the session."""
        try:
            await work
        except AmiError as error:
            self._end(error)
        except (OSError, EOFError, asyncio.LimitOverrunError, ValueError) as error:
            self._end(LinkLost(f"the link to the PBX broke: {type(error).__name__}"))

    def _end(self, reason: AmiError) -> None:
        if self.ended.is_set():
            return
        self.end_reason = reason
        self.ended.set()
        self._pending.fail(LinkLost(str(reason)))
        self._writer.transport.abort()  # a frozen peer would never let a graceful close finish

    async def _greet(self) -> None:
        try:
            banner = await within(self._clock, self._reader.readline(), self._limit_s)
        except (TimeoutError, OSError, ValueError) as error:
            raise LinkDown("the PBX accepts connections but says nothing") from error
        if not banner.startswith(_BANNER):
            raise LinkDown("this is not an Asterisk manager interface")

    async def _log_in(self, address: AmiAddress) -> None:
        login = [("Action", "Login"), ("Username", address.user), ("Secret", address.secret)]
        try:
            await self.action(login, "login")
        except ActionRefused as refusal:
            if SHUTTING_DOWN in str(refusal).lower():  # a restart says nothing about the secret
                raise LinkDown(f"the PBX does not answer: {refusal}") from None
            raise LoginRefused(str(refusal)) from None
        except (ActionTimeout, LinkLost) as error:
            raise LinkDown(f"log-in got no answer: {error}") from None

    async def _listen(self) -> None:
        while True:
            block = await self._reader.readuntil(END)
            message = decode(block)
            if not self._pending.settle(message) and "Event" in message:
                self._on_event(message)

    async def _ping_for_ever(self, every: float) -> None:
        """A peer that is frozen keeps its sockets open; only silence tells."""
        number = 0
        while True:
            await self._clock.sleep(every)
            number += 1
            await self.action([("Action", "Ping")], f"ping-{number}")


async def _connect(
    address: AmiAddress, tls: ssl.SSLContext | None, clock: Clock, limit_s: float
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    connecting = asyncio.open_connection(
        address.host, address.port, ssl=tls, limit=_LONGEST_MESSAGE
    )
    try:
        return await within(clock, connecting, limit_s)
    except ssl.SSLCertVerificationError as error:
        raise LinkDown(f"the PBX's certificate is not trusted: {error.verify_message}") from error
    except (OSError, TimeoutError, ValueError) as error:  # a host name that is none: ValueError
        raise LinkDown(f"the PBX does not answer: {type(error).__name__}") from error
