"""A call as one of its two parties sees it."""

import asyncio
import contextlib
import re
import secrets
import time
from collections.abc import Callable

from kommutator.twins.pbx.errors import CallEnded, SipTimeout
from kommutator.twins.pbx.sip.agent import SipAgent
from kommutator.twins.pbx.sip.media import Media
from kommutator.twins.pbx.sip.message import Message, tag_of, user_of

OK, REFUSED = 200, 300


class Call:
    """What incoming and outgoing calls share: the dialog, the sound and the moments.

    The moments (`invited_at`, `ringing_at`, `answered_at`, `ended_at`) are readings of
    `time.monotonic`, seconds; None until they happen. `final_code` is the SIP status that decided
    the INVITE; `packets` counts RTP packets heard.
    """

    def __init__(
        self, agent: SipAgent, call_id: str, *, local: str, remote: str, target: str
    ) -> None:
        self.agent, self.call_id = agent, call_id
        self.local, self.remote, self.target = local, remote, target
        self.changes = agent.changes
        self.invited_at = time.monotonic()
        self.ringing_at: float | None = None
        self.answered_at: float | None = None
        self.ended_at: float | None = None
        self.final_code: int | None = None
        self.transfer_code: int | None = None
        self.media = Media(agent.host, self.changes.notify)
        self._leaving: asyncio.Task[None] | None = None
        self._cseq = secrets.randbelow(1000)
        agent.conversations[call_id] = self

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.agent.user} with {self.peer} ({self.final_code})>"

    @property
    def peer(self) -> str:
        """The other party's number."""
        return user_of(self.remote)

    @property
    def packets(self) -> int:
        return self.media.heard

    @property
    def active(self) -> bool:
        return self.answered_at is not None and self.ended_at is None

    async def wait_ringing(self, timeout_s: float = 5.0) -> None:
        """Raises CallEnded or SipTimeout."""
        await self._reached("ringing", lambda: self.ringing_at, timeout_s)

    async def wait_answered(self, timeout_s: float = 10.0) -> None:
        """Raises CallEnded (with the status it was refused with) or SipTimeout."""
        await self._reached("answered", lambda: self.answered_at, timeout_s)

    async def wait_ended(self, timeout_s: float = 10.0) -> None:
        """Raises SipTimeout."""
        await self.changes.until(lambda: self.ended_at, timeout_s, f"{self} ended")

    async def wait_final(self, timeout_s: float = 10.0) -> int:
        """Return the status that decided the INVITE (200 answered, 486 busy, 487 cancelled …)."""
        return await self.changes.until(lambda: self.final_code, timeout_s, f"{self} decided")

    async def wait_sound(self, packets: int = 10, timeout_s: float = 5.0) -> None:
        """Wait until so many more RTP packets were heard."""
        goal = self.packets + packets
        await self.changes.until(lambda: self.packets >= goal, timeout_s, f"{self} heard sound")

    async def wait_transferred(self, timeout_s: float = 10.0) -> int:
        """Return the status that the server reported about our REFER."""
        return await self.changes.until(lambda: self.transfer_code, timeout_s, f"{self} moved")

    async def ends_within(self, seconds: float) -> bool:
        """Wait for the end; False when the call is still there after `seconds`."""
        with contextlib.suppress(SipTimeout):
            await self.wait_ended(seconds)
        return self.ended_at is not None

    async def refer(self, number: str, consultation: "Call | None" = None) -> int:
        """Transfer the other party to `number`; returns the status of the REFER.

        With `consultation`, our answered call to that number, this is an attended transfer.
        """
        uri = self.agent.server_uri(number)
        if consultation:
            other = consultation
            to_tag, from_tag = tag_of(other.remote), tag_of(other.local)
            replaces = f"{other.call_id};to-tag={to_tag};from-tag={from_tag}"
            quoted = replaces.replace(";", "%3B").replace("=", "%3D").replace("@", "%40")
            uri += f"?Replaces={quoted}"
        referrer = f"<sip:{self.agent.user}@{self.agent.host}>"
        response = await self.request("REFER", ("Refer-To", f"<{uri}>"), ("Referred-By", referrer))
        return response.code

    async def bye(self) -> None:
        """Hang up an answered call."""
        if self.active:
            with contextlib.suppress(SipTimeout):  # gone is gone
                await self.request("BYE")
            self.finish()

    async def hang_up(self) -> None:
        """End the call in whatever state it is."""
        raise NotImplementedError

    async def request(self, method: str, *headers: tuple[str, str]) -> Message:
        """Send a request inside the dialog; returns its final response."""
        self._cseq += 1
        return await self.agent.exchange(self.compose(method, self._cseq, *headers))

    def compose(self, method: str, cseq: int, *headers: tuple[str, str]) -> Message:
        common = [
            ("Via", self.agent.new_via()),
            ("Max-Forwards", "70"),
            ("From", self.local),
            ("To", self.remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{cseq} {method}"),
            ("Contact", self.agent.contact),
        ]
        return Message(f"{method} {self.target} SIP/2.0", [*common, *headers])

    def on_request(self, request: Message) -> None:
        """Take a request of the other side."""
        if request.method == "BYE":
            self.agent.respond(request, 200, "OK")
            self.finish()
        elif request.method == "NOTIFY":
            self.agent.respond(request, 200, "OK")
            self._note_transfer(request.body)
        elif request.method != "ACK":
            self.agent.respond(request, 200, "OK")

    def on_late_response(self, response: Message) -> None:
        """Take a response nobody waits for any more."""

    def mark(self, moment: str) -> None:
        """Remember when something first happened, and wake those who wait for it."""
        if getattr(self, moment) is None:
            setattr(self, moment, time.monotonic())
        self.changes.notify()

    def finish(self) -> None:
        """The call is over: close its sound, forget it."""
        self.media.close()
        self.agent.conversations.pop(self.call_id, None)
        self.mark("ended_at")

    def _note_transfer(self, fragment: bytes) -> None:
        status = re.match(rb"SIP/2.0 (\d{3})", fragment)
        if status and int(status[1]) >= OK:
            self.transfer_code = int(status[1])
            self.changes.notify()
            if self.transfer_code < REFUSED:
                # RFC 5589: whoever handed the call over hangs up when it arrived.
                self._leaving = asyncio.get_running_loop().create_task(self.bye())

    async def _reached(self, what: str, moment: Callable[[], float | None], s: float) -> None:
        await self.changes.until(lambda: moment() or self.ended_at, s, f"{self} {what}")
        if moment() is None:
            raise CallEnded(what, self.final_code)
