"""Where a scenario is played: an Asterisk of its own, its phones, one client outside."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from kommutator.twins.pbx.behaviour import RINGS_ON, Behaviour, answers
from kommutator.twins.pbx.config import PbxConfig
from kommutator.twins.pbx.phone import Phone
from kommutator.twins.pbx.provider import Provider
from kommutator.twins.pbx.server import PrivateAsterisk
from kommutator.twins.pbx.sip.call import Call
from kommutator.twins.pbx.sip.outgoing import OutgoingCall
from tests.support.waiting import takes

Ask = Callable[[str, str], Awaitable[None]]
PICKS_UP_S = 0.3
TALK_S = 1.2
FORWARD, CROWD, TUBES = "375000000011", "375000000012", "375000000013"
"""Company numbers: forwarded to a mobile; a queue with re-rings; a group behind Local channels."""

MOBILE = "+375000000099"

# The Local channels stay (/n): what happens to FreePBX's ring groups and follow-me.
_LINES = f"""
exten => {FORWARD},1,Dial(PJSIP/{MOBILE}@trunk,30,tT)
 same => n,Hangup()
exten => {CROWD},1,Answer()
 same => n,Queue(crowd,t,,,8)
 same => n,Hangup()
exten => {TUBES},1,Dial(Local/150@inoffice/n&Local/151@inoffice/n,30,tT)
 same => n,Hangup()
"""
_CONTEXTS = """
[inoffice](+)
exten => 801,1,Answer()
 same => n,ConfBridge(801)
exten => 803,1,Queue(crowd,t,,,8)
 same => n,Hangup()
"""


def config(recorded_command: str = "") -> PbxConfig:
    """An Asterisk on which every scenario can be played."""
    return PbxConfig(
        record=True,
        recorded_command=recorded_command,
        ledgers=True,
        extra_lines=_LINES,
        extra_dialplan=_CONTEXTS,
    )


@dataclass
class Stage:
    """One Asterisk with its people.

    Attributes:
        client: the number of whoever is outside, another one for each scenario.
        click: asks for a call between an extension and the client.
        route: the line "routed" shall ring (client, extension) first.
    """

    asterisk: PrivateAsterisk
    phones: dict[str, Phone]
    provider: Provider
    client: str
    click: Ask
    route: Ask

    @property
    def second(self) -> str:
        """Another client."""
        return f"{self.client[:-1]}1"

    def __getitem__(self, extension: str) -> Phone:
        return self.phones[extension]

    def set(self, **behaviours: Behaviour) -> None:
        """`set(_150=BUSY, client=answers())`: how they treat what comes."""
        for who, behaviour in behaviours.items():
            if who == "client":
                self.provider.expect(self.client, behaviour)
            else:
                self.phones[who.removeprefix("_")].behaviour = behaviour

    async def call_in(self, did: str = "", client: str = "") -> OutgoingCall:
        """The client dials the company."""
        did = did or self.asterisk.dids.group
        return await self.provider.call_in(client or self.client, did)

    async def met(self, *calls: Call) -> None:
        """All of them are in a conversation."""
        for call in calls:
            await call.wait_answered()
        for call in calls:
            await call.wait_sound(3)

    async def talk(self, seconds: float = TALK_S) -> None:
        """People talk."""
        await takes(seconds)


@asynccontextmanager
async def opened(
    asterisk: PrivateAsterisk, client: str, click: Ask, route: Ask
) -> AsyncIterator[Stage]:
    """Fresh phones and a provider for one scenario; afterwards no channel is left."""
    phones = {
        extension: Phone(asterisk.sip_address, extension, asterisk.phone_secret, RINGS_ON)
        for extension in asterisk.extensions
    }
    provider = Provider(asterisk.sip_address, asterisk.ports.trunk, answers())
    stations = [provider, *phones.values()]
    await asyncio.gather(*(station.start() for station in stations))
    try:
        yield Stage(asterisk, phones, provider, client, click, route)
    finally:
        await asterisk.hang_up_everything()
        await asyncio.gather(*(station.stop() for station in stations))


def soon(talk_s: float | None = None) -> Behaviour:
    """Pick up after a moment."""
    return answers(PICKS_UP_S, talk_s)
