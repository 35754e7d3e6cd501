"""A call that reached us."""

import secrets

from kommutator.twins.pbx.sip.agent import SipAgent
from kommutator.twins.pbx.sip.call import OK, Call
from kommutator.twins.pbx.sip.message import Message, response_to, uri_of, user_of

_RINGING, _BUSY, _TEMPORARILY_UNAVAILABLE, _CANCELLED = 180, 486, 480, 487
_REASONS = {
    100: "Trying",
    _RINGING: "Ringing",
    OK: "OK",
    404: "Not Found",
    _TEMPORARILY_UNAVAILABLE: "Temporarily Unavailable",
    _BUSY: "Busy Here",
    _CANCELLED: "Request Terminated",
    503: "Service Unavailable",
    603: "Decline",
}
_TONE_HZ = 660


class IncomingCall(Call):
    """Ring, answer or refuse it; `called` is the number that was dialled to reach us."""

    def __init__(self, agent: SipAgent, invite: Message) -> None:
        local = f"{invite.get('to')};tag={secrets.token_hex(4)}"
        target = uri_of(invite.get("contact") or invite.get("from"))
        call_id, remote = invite.get("call-id"), invite.get("from")
        super().__init__(agent, call_id, local=local, remote=remote, target=target)
        self.called = user_of(invite.uri)
        self._invite = invite
        self._last: Message | None = None
        self._say(100)

    @property
    def asserted(self) -> str:
        """The number that the server vouches for (P-Asserted-Identity); "" if none."""
        told = self._invite.get("p-asserted-identity")
        return user_of(told) if told else ""

    def ring(self) -> None:
        """Answer 180: the phone rings."""
        if self.final_code is None:
            self._say(_RINGING)
            self.mark("ringing_at")

    async def answer(self) -> None:
        """Pick up and play a tone; does nothing when the caller was faster to give up."""
        await self.media.open()
        if self.final_code is not None:
            self.media.close()
            return
        self.final_code = OK
        self._say(OK, self.media.offer())
        self.media.play_to(self._invite.body, _TONE_HZ)
        self.mark("answered_at")

    def reject(self, code: int = _BUSY) -> None:
        """Refuse: 486 busy, 603 declined, 404 no such number and so on."""
        if self.final_code is None:
            self.final_code = code
            self._say(code)
            self.finish()

    async def hang_up(self) -> None:
        """BYE when answered, 480 before."""
        self.reject(_TEMPORARILY_UNAVAILABLE)
        await self.bye()

    def on_request(self, request: Message) -> None:
        if request.method == "CANCEL":
            self.agent.respond(request, 200, "OK", self.local)
            self.reject(_CANCELLED)
        elif request.method == "INVITE":
            self._on_repeated_invite(request)
        else:
            super().on_request(request)

    def _on_repeated_invite(self, request: Message) -> None:
        """Either our response got lost, or the sound moves to another place."""
        if request.get("cseq") == self._invite.get("cseq") and self._last:
            self.agent.send(self._last)
        else:
            self._invite = request
            self._say(OK, self.media.offer())

    def _say(self, code: int, description: bytes = b"") -> None:
        to = None if code == 100 else self.local  # noqa: PLR2004 - Trying comes before the dialog
        self._last = response_to(self._invite, code, _REASONS.get(code, "Refused"), to)
        self._last.headers.append(("Contact", self.agent.contact))
        if description:
            self._last.headers.append(("Content-Type", "application/sdp"))
            self._last.body = description
        self.agent.send(self._last)
