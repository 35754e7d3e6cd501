"""A small office that lives by itself, for the demo: employees, clients, calls."""

import logging
from collections import Counter
from types import TracebackType
from typing import Self

from kommutator.kit.clock import Clock, SystemClock
from kommutator.twins.pbx.behaviour import RINGS_ON, Behaviour, answers
from kommutator.twins.pbx.errors import SipError
from kommutator.twins.pbx.phone import Phone
from kommutator.twins.pbx.provider import Provider
from kommutator.twins.pbx.server import PrivateAsterisk
from kommutator.twins.pbx.sip.incoming import IncomingCall
from kommutator.twins.pbx.sip.outgoing import OutgoingCall

_log = logging.getLogger(__name__)
_REFRESH_S = 30.0
_EXPIRES_S = 120


class DemoOffice:
    """Two phones answered by employees after a moment, and a provider full of clients.

    Args:
        pbx: a started Asterisk; it must outlive the office.
        answer_after_s: how long an employee or a called client lets it ring.
        talk_s: when they hang up, if the other side did not.
        refresh_s: how often the phones register again, so that they survive a lost PBX.
    """

    def __init__(
        self,
        pbx: PrivateAsterisk,
        *,
        answer_after_s: float = 2.0,
        talk_s: float = 30.0,
        refresh_s: float = _REFRESH_S,
        clock: Clock | None = None,
    ) -> None:
        self._pbx = pbx
        self._answer_after_s, self._talk_s, self._refresh_s = answer_after_s, talk_s, refresh_s
        self._clock = clock or SystemClock()
        self._ignored: Counter[str] = Counter()  # callers whom nobody answers, with open calls
        picks_up = answers(answer_after_s, talk_s)
        self.provider = Provider(pbx.sip_address, pbx.ports.trunk, picks_up)
        self.phones = [
            Phone(pbx.sip_address, extension, pbx.phone_secret, picks_up)
            for extension in pbx.config.ring_group[:2]
        ]

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
        """Connect everybody. Raises SipError when the PBX does not let them in."""
        await self.provider.start()
        for number, phone in enumerate(self.phones):
            employee = Employee(self, phone, self._answer_after_s * (1 + number), self._talk_s)
            phone.choose = employee.choose
            await phone.start()
            phone.background(self._keep_registered(phone))

    async def stop(self) -> None:
        for station in (*self.phones, self.provider):
            await station.stop()

    async def place_inbound_call(
        self, caller: str, did: str = "", talk_seconds: float = 15.0, *, answered: bool = True
    ) -> OutgoingCall:
        """A client calls; returns at once (await `wait_ended` for the end).

        Args:
            caller: the client's number.
            did: the company number; empty: the one that rings the group.
            talk_seconds: the client hangs up so long after the answer.
            answered: False: nobody picks up, and the client gives up after `talk_seconds`.
        """
        patience_s = None if answered else talk_seconds
        self._ignored[caller] += not answered
        call = await self.provider.call_in(
            caller, did or self._pbx.dids.group, patience_s=patience_s, talk_s=talk_seconds
        )
        if not answered:
            self.provider.background(self._forget(call, caller))
        return call

    def ignores(self, caller: str) -> bool:
        """Whether nobody shall answer this caller now."""
        return self._ignored[caller] > 0

    async def _forget(self, call: OutgoingCall, caller: str) -> None:
        await call.wait_ended(timeout_s=3600.0)
        self._ignored[caller] -= 1

    async def _keep_registered(self, phone: Phone) -> None:
        lost = False
        while True:
            await self._clock.sleep(self._refresh_s)
            try:
                await phone.register(_EXPIRES_S)
                lost = False
            except SipError as failure:
                if not lost:
                    _log.warning("demo phone %s lost its PBX: %s", phone.extension, failure)
                lost = True


class Employee:
    """What the employee at one phone does with a call."""

    def __init__(
        self, office: DemoOffice, phone: Phone, answer_after_s: float, talk_s: float
    ) -> None:
        self._office, self._phone = office, phone
        self._picks_up = answers(answer_after_s, talk_s)

    def choose(self, call: IncomingCall) -> Behaviour:
        """One conversation at a time, and nothing for the ignored."""
        talking = any(other.active for other in self._phone.incoming)
        return RINGS_ON if talking or self._office.ignores(call.peer) else self._picks_up
