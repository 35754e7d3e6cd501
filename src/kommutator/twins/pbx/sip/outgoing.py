"""A call that we make."""

import asyncio
import secrets

from kommutator.twins.pbx.errors import SipRefused, SipTimeout
from kommutator.twins.pbx.sip.agent import SipAgent
from kommutator.twins.pbx.sip.call import OK, REFUSED, Call
from kommutator.twins.pbx.sip.message import Message, uri_of

_TRYING, _REQUEST_TIMEOUT = 100, 408
_ASKED_WHO = (401, 407)
_TONE_HZ = 440


class OutgoingCall(Call):
    """Made with `OutgoingCall.start`; wait for its moments, then `hang_up`."""

    def __init__(self, agent: SipAgent, number: str, caller: str) -> None:
        uri = agent.server_uri(number)
        local = f'"{caller}" <sip:{caller}@{agent.host}>;tag={secrets.token_hex(4)}'
        remote = f"<{uri}>"
        super().__init__(agent, secrets.token_hex(12), local=local, remote=remote, target=uri)
        self._invite: Message | None = None
        self._heard_back = False
        self._inviting: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, agent: SipAgent, number: str, caller: str) -> "OutgoingCall":
        """Send the INVITE; returns before anybody answers it."""
        call = cls(agent, number, caller)
        await call.media.open()
        call._inviting = asyncio.get_running_loop().create_task(call._invite_until_decided())
        return call

    async def cancel(self) -> None:
        """Give up before it is answered; ends the call either way."""
        await self.changes.until(
            lambda: self._heard_back or self.ended_at is not None, 10.0, f"{self} heard back"
        )
        if self._invite is None or self.final_code is not None:
            await self.bye()
            return
        cancel = self.compose("CANCEL", self._cseq)
        cancel.headers[0] = ("Via", self._invite.get("via"))
        await self.agent.exchange(cancel)
        await self.wait_final()
        await self.bye()  # they answered just before our CANCEL came

    async def hang_up(self) -> None:
        """BYE when answered, CANCEL before."""
        if self.final_code is None:
            await self.cancel()
        await self.bye()

    def on_late_response(self, response: Message) -> None:
        """Our ACK got lost: say it again."""
        if response.method == "INVITE" and response.code >= OK:
            self._acknowledge(response)

    def on_request(self, request: Message) -> None:
        if request.method == "INVITE":
            answer = Message("SIP/2.0 200 OK", [], self.media.offer())
            self._answer_reinvite(request, answer)
        else:
            super().on_request(request)

    def finish(self) -> None:
        if self._inviting and self._inviting is not asyncio.current_task():
            self._inviting.cancel()
        super().finish()

    async def _invite_until_decided(self) -> None:
        try:
            response = await self._send_invite()
            if response.code in _ASKED_WHO:
                self._acknowledge(response)
                uri = self.target
                response = await self._send_invite(self.agent.credentials(response, "INVITE", uri))
            self._decide(response)
        except SipTimeout:
            self.final_code = _REQUEST_TIMEOUT
            self.finish()
        except SipRefused as refused:
            self.final_code = refused.code
            self.finish()

    async def _send_invite(self, *credentials: tuple[str, str]) -> Message:
        self._cseq += 1
        invite = self.compose("INVITE", self._cseq, *credentials)
        invite.headers.append(("Content-Type", "application/sdp"))
        invite.body = self.media.offer()
        self._invite = invite
        return await self.agent.exchange(invite, self._on_provisional)

    def _on_provisional(self, response: Message) -> None:
        self._heard_back = True
        if response.code > _TRYING:
            self.mark("ringing_at")
        self.changes.notify()

    def _decide(self, response: Message) -> None:
        self.final_code = response.code
        if response.code >= REFUSED:
            self._acknowledge(response)
            self.finish()
            return
        self.remote = response.get("to")
        self.target = uri_of(response.get("contact")) or self.target
        self._acknowledge(response)
        self.media.play_to(response.body, _TONE_HZ)
        self.mark("answered_at")

    def _acknowledge(self, response: Message) -> None:
        """Refusals are acknowledged in the INVITE's own transaction, answers in a new one."""
        ack = self.compose("ACK", self._cseq)
        ack.headers = [(k, response.get("to") if k == "To" else v) for k, v in ack.headers]
        if response.code >= REFUSED:
            ack.headers[0] = ("Via", response.get("via"))
        self.agent.send(ack)

    def _answer_reinvite(self, request: Message, answer: Message) -> None:
        copied = ("via", "record-route", "from", "to", "call-id", "cseq")
        answer.headers = [(name, value) for name, value in request.headers if name in copied]
        answer.headers += [("Contact", self.agent.contact), ("Content-Type", "application/sdp")]
        self.agent.send(answer)
