"""A desk phone: registers, rings, is answered, calls, transfers."""

import secrets

from kommutator.twins.pbx.behaviour import RINGS_ON, Behaviour
from kommutator.twins.pbx.errors import SipRefused
from kommutator.twins.pbx.sip.agent import Address
from kommutator.twins.pbx.sip.message import Message
from kommutator.twins.pbx.sip.outgoing import OutgoingCall
from kommutator.twins.pbx.station import Station

_OK, _UNAUTHORIZED = 200, 401


class Phone(Station):
    """The phone of one extension; `behaviour` may be changed at any time."""

    def __init__(
        self,
        server: Address,
        extension: str,
        secret: str,
        behaviour: Behaviour = RINGS_ON,
        host: str = "127.0.0.1",
    ) -> None:
        super().__init__(extension, server, lambda _: self.behaviour, host=host, secret=secret)
        self.extension = extension
        self.behaviour = behaviour
        self._registration = secrets.token_hex(12)
        self._cseq = 0

    async def start(self) -> None:
        """Open the port and register. Raises SipRefused (wrong secret) or SipTimeout."""
        await super().start()
        await self.register()

    async def register(self, expires_s: int = 3600) -> None:
        """Tell the server where we are. Raises SipRefused or SipTimeout."""
        response = await self.agent.exchange(self._register(expires_s))
        if response.code == _UNAUTHORIZED:
            uri = self.agent.server_uri()
            proof = self.agent.credentials(response, "REGISTER", uri)
            response = await self.agent.exchange(self._register(expires_s, proof))
        if response.code != _OK:
            raise SipRefused(f"REGISTER of {self.extension}", response.code)

    async def unregister(self) -> None:
        """Tell the server that we are gone."""
        await self.register(expires_s=0)

    async def call(self, number: str) -> OutgoingCall:
        """Dial a number; returns at once."""
        return await self.dial(number, self.extension)

    def _register(self, expires_s: int, *credentials: tuple[str, str]) -> Message:
        self._cseq += 1
        me = f"<sip:{self.extension}@{self.agent.host}>"
        headers = [
            ("Via", self.agent.new_via()),
            ("Max-Forwards", "70"),
            ("From", f"{me};tag={secrets.token_hex(4)}"),
            ("To", me),
            ("Call-ID", self._registration),
            ("CSeq", f"{self._cseq} REGISTER"),
            ("Contact", self.agent.contact),
            ("Expires", str(expires_s)),
            *credentials,
        ]
        return Message(f"REGISTER {self.agent.server_uri()} SIP/2.0", headers)
