"""One SIP party on one UDP port: transactions, and who gets which message."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from typing import Protocol

from kommutator.twins.pbx.errors import MalformedMessage, SipRefused, SipTimeout
from kommutator.twins.pbx.sip.changes import Changes
from kommutator.twins.pbx.sip.digest import answer_challenge
from kommutator.twins.pbx.sip.message import Message, response_to

Address = tuple[str, int]

# RFC 3261 §17.1: resend at T1 = 0.5 s, doubling; here the last wait ends after 7.5 s.
_RESEND_AFTER_S = (0.5, 1.0, 2.0, 4.0)
_FINAL_TIMEOUT_S = 180.0
_ASKED_WHO = (401, 407)


class Conversation(Protocol):
    """What the agent needs from a call: its messages are handed to it."""

    def on_request(self, request: Message) -> None: ...

    def on_late_response(self, response: Message) -> None: ...


class SipAgent(asyncio.DatagramProtocol):
    """A party called `user` that talks to one server."""

    def __init__(
        self,
        user: str,
        server: Address,
        *,
        secret: str | None = None,
        host: str = "127.0.0.1",
        on_invite: Callable[[Message], None] = lambda _: None,
    ) -> None:
        self.user, self.server, self.host = user, server, host
        self.changes = Changes()  # of the agent and all its calls
        self.conversations: dict[str, Conversation] = {}
        self._secret = secret
        self._on_invite = on_invite
        self._inboxes: dict[tuple[str, str], asyncio.Queue[Message]] = {}
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self, port: int = 0) -> None:
        """Bind the UDP port (0: any free one)."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(self.host, port)
        )

    def close(self) -> None:
        if self._transport:
            self._transport.close()

    @property
    def port(self) -> int:
        if self._transport is None:
            raise RuntimeError("the agent is not open")
        return int(self._transport.get_extra_info("sockname")[1])

    @property
    def contact(self) -> str:
        return f"<sip:{self.user}@{self.host}:{self.port}>"

    def server_uri(self, number: str = "") -> str:
        host, port = self.server
        return f"sip:{number}@{host}:{port}" if number else f"sip:{host}:{port}"

    def new_via(self) -> str:
        return f"SIP/2.0/UDP {self.host}:{self.port};branch=z9hG4bK{secrets.token_hex(8)};rport"

    def send(self, message: Message) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.sendto(message.render(), self.server)

    def respond(self, request: Message, code: int, reason: str, to: str | None = None) -> None:
        response = response_to(request, code, reason, to)
        response.headers.append(("Contact", self.contact))
        self.send(response)

    async def exchange(
        self, request: Message, on_provisional: Callable[[Message], None] = lambda _: None
    ) -> Message:
        """Send a request until something answers; return its final response.

        Raises:
            SipTimeout: nothing came back.
        """
        key = (request.branch, request.method)
        inbox = self._inboxes[key] = asyncio.Queue()
        try:
            response = await self._first_response(request, inbox)
            while response.code < 200:  # noqa: PLR2004 - provisional
                on_provisional(response)
                async with asyncio.timeout(_FINAL_TIMEOUT_S):
                    response = await inbox.get()
        except TimeoutError:
            raise SipTimeout(f"{self.user}: {request.method} was left ringing") from None
        else:
            return response
        finally:
            del self._inboxes[key]

    async def _first_response(self, request: Message, inbox: asyncio.Queue[Message]) -> Message:
        for wait_s in _RESEND_AFTER_S:
            self.send(request)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    return await inbox.get()
        raise SipTimeout(f"{self.user}: no answer to {request.method}")

    def credentials(self, challenge: Message, method: str, uri: str) -> tuple[str, str]:
        """The header that answers a 401/407. Raises SipRefused when we know no secret."""
        if self._secret is None or challenge.code not in _ASKED_WHO:
            raise SipRefused(f"{method} of {self.user}", challenge.code)
        return answer_challenge(challenge, method, uri, self.user, self._secret)

    def datagram_received(self, data: bytes, _addr: Address) -> None:
        with contextlib.suppress(MalformedMessage):  # keep-alives and scanners
            message = Message.parse(data)
            (self._take_response if message.is_response else self._take_request)(message)

    def _take_response(self, response: Message) -> None:
        inbox = self._inboxes.get((response.branch, response.method))
        if inbox:
            inbox.put_nowait(response)
        elif conversation := self.conversations.get(response.get("call-id")):
            conversation.on_late_response(response)

    def _take_request(self, request: Message) -> None:
        conversation = self.conversations.get(request.get("call-id"))
        if conversation:
            conversation.on_request(request)
        elif request.method == "INVITE":
            self._on_invite(request)
        elif request.method == "OPTIONS":
            self.respond(request, 200, "OK")
        elif request.method != "ACK":
            self.respond(request, 481, "Call/Transaction Does Not Exist")
