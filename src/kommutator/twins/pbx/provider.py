"""The telephone company's end of the trunk: plays every client outside."""

from kommutator.twins.pbx.behaviour import Behaviour, answers
from kommutator.twins.pbx.config import TRUNK_HOST
from kommutator.twins.pbx.errors import CallEnded, SipTimeout
from kommutator.twins.pbx.sip.agent import Address
from kommutator.twins.pbx.sip.incoming import IncomingCall
from kommutator.twins.pbx.sip.outgoing import OutgoingCall
from kommutator.twins.pbx.station import Station

_LONGEST_WAIT_S = 3600.0


class Provider(Station):
    """Calls in as anybody, and takes the calls that leave the PBX by rules per number."""

    def __init__(self, server: Address, port: int, default: Behaviour | None = None) -> None:
        super().__init__("provider", server, self._rule_for, host=TRUNK_HOST)
        self.default = default or answers()
        self._port = port
        self._rules: dict[str, Behaviour] = {}

    async def start(self) -> None:
        await self.agent.open(self._port)

    def expect(self, number: str, behaviour: Behaviour) -> None:
        """From now on calls to `number` are treated this way."""
        self._rules[number] = behaviour

    def forget_rules(self) -> None:
        self._rules.clear()

    async def call_in(
        self,
        caller: str,
        did: str,
        *,
        patience_s: float | None = None,
        talk_s: float | None = None,
    ) -> OutgoingCall:
        """Call company number `did` as client `caller`; returns at once.

        Args:
            caller: the number shown.
            did: the company number.
            patience_s: give up when not answered in so many seconds; None: wait for ever.
            talk_s: hang up so many seconds after the answer; None: leave that to others.
        """
        call = await self.dial(did, caller)
        self.background(_behave_as_caller(call, patience_s, talk_s))
        return call

    def _rule_for(self, call: IncomingCall) -> Behaviour:
        return self._rules.get(call.called, self.default)


async def _behave_as_caller(
    call: OutgoingCall, patience_s: float | None, talk_s: float | None
) -> None:
    try:
        await call.wait_answered(_LONGEST_WAIT_S if patience_s is None else patience_s)
    except CallEnded:
        return
    except SipTimeout:
        await call.hang_up()
        return
    if talk_s is not None and not await call.ends_within(talk_s):
        await call.hang_up()
