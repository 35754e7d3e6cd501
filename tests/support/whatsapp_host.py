"""WhatsApp, played in this process: a `WhatsAppHost`; the test is the phone and the clients.

    world = FakeWhatsApp()
    house or Application(..., means=WhatsAppMeans(world, NO_PACE))     # any number of processes
    await house.whatsapp.link(enterprise, connection_id)
    line = await world.line(connection_id)        # the line that is open (or opening) now
    await line.scan("+79001234567")               # Paired, 515, opened anew by the tenure
    line = await world.opened(connection_id)      # once messages may go
    await line.hears("+79111112233", "Запишите")  # a client writes
    await line.says(1)                            # [Said(to, text, id)] once we wrote so many
    line.tells(message_id, 3)                     # delivered; `refuses="463"` refuses every send
    line.drops(428)                               # the socket closes with this code

A new device shows its first code at once; more by `shows`. A linked one opens by itself. Every
message turns a key, written and awaited, as the real one does. Two open lines of one session
throw each other out (440) and are counted in `world.doubles`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from kommutator.domain.whatsapp.events import (
    Closed,
    Identity,
    MessageHeard,
    Opened,
    Paired,
    QrShown,
    StatusHeard,
    WhatsAppEvent,
)
from kommutator.domain.whatsapp.ports import Found, LineOptions, OnEvent, Sent, SessionKeys
from kommutator.kit.errors import ErrorKind, Stage, VendorError
from tests.support.waiting import eventually


def jid(name: str) -> str:
    """Of a phone; any other name is one already."""
    return f"{name[1:]}@s.whatsapp.net" if name.startswith("+") else name


@dataclass(frozen=True)
class Said:
    to: str
    text: str
    id: str


@dataclass(eq=False)
class FakeLine:
    """One socket. `log` has what was done to it, in order."""

    world: "FakeWhatsApp"
    session: str
    keys: SessionKeys
    options: LineOptions
    on_event: OnEvent
    creds: dict[str, Any]
    open: bool = True
    log: list[str] = field(default_factory=list)

    # --- the port ---

    async def send(self, to: str, text: str, message_id: str) -> Sent:
        self._alive()
        if self.world.breaks:
            raise self.world.breaks.pop(0)
        await self.keys.set({"session": {to: {"turn": message_id}}})
        self.log.append(f"send {to}")
        said = Said(to, text, message_id)
        known = [one for one in self.world.said if one.id == message_id]
        if not known:  # whoever reads it knows a repeat by its id
            self.world.said.append(said)
        self.world.sends.append(said)
        if self.world.loses_answers:
            self.world.loses_answers -= 1
            raise VendorError(ErrorKind.UNSURE, "no answer", stage=Stage.SENT)
        status = 0 if self.world.refuses else 2
        self.tells(message_id, status, chat=to, code=self.world.refuses)
        self.on_event(
            MessageHeard(message_id, to, datetime.now(UTC), from_me=True, offline=True, text=text)
        )
        return Sent(message_id, {"conversation": text})

    async def typing(self, to: str, *, on: bool) -> None:  # noqa: ARG002  as the port
        self._alive()
        self.log.append(f"typing {to}")

    async def read(self, chat: str, message_ids: Sequence[str]) -> None:
        self._alive()
        self.log.append(f"read {chat} {','.join(message_ids)}")

    async def find(self, phones: Sequence[str]) -> Sequence[Found]:
        self._alive()
        self.world.asked.extend(phones)
        absent = self.world.absent
        return [Found(one, None if one in absent else jid(one)) for one in phones]

    async def pairing_code(self, phone: str) -> str:  # noqa: ARG002  as the port
        self._alive()
        return "LC86TZ82"

    async def log_out(self) -> None:
        self._alive()
        self.log.append("log_out")
        self.world.logged_out.append(self.session)

    async def close(self) -> None:
        self.log.append("close")
        self._gone()

    # --- the other side ---

    def shows(self, number: int, text: str = "2@next", ttl_s: float = 20.0) -> None:
        self.on_event(QrShown(number, text, ttl_s))

    async def scan(self, phone: str, *, lid: str | None = None, name: str | None = "Salon") -> None:
        me = {"phone": phone, "lid": lid, "name": name}
        await self.keys.set_creds({**self.creds, "me": me, "account": "signed"})
        self.on_event(Paired(_me(me)))
        self.drops(515)

    async def hears(
        self, client: str, text: str = "", *, message_id: str | None = None, **more: Any
    ) -> str:
        """A client writes; with `from_me` staff does, to this client. Returns the id."""
        number = message_id or f"M{next(self.world.numbers)}"
        await self.keys.set({"session": {jid(client): {"turn": number}}})
        given: dict[str, Any] = {"at": datetime.now(UTC), "name": "Olga", **more}
        self.on_event(MessageHeard(number, jid(client), text=text, **given))
        return number

    def tells(
        self, message_id: str, status: int, *, chat: str = "", code: str | None = None
    ) -> None:
        to = next((one.to for one in self.world.said if one.id == message_id), chat)
        self.on_event(StatusHeard(message_id, to, status, code))

    async def says(self, count: int) -> Sequence[Said]:
        """What we wrote, once it is so much."""
        await eventually(lambda: len(self.world.said) >= count)
        return self.world.said

    def drops(self, code: int | None, reason: str = "") -> None:
        self._gone()
        self.on_event(Closed(code, reason))

    def tell(self, event: WhatsAppEvent) -> None:
        """Anything else."""
        self.on_event(event)

    def _gone(self) -> None:
        self.open = False

    def _alive(self) -> None:
        if not self.open:
            raise VendorError(ErrorKind.TRANSIENT, "closed", stage=Stage.BEFORE_SENDING)


@dataclass
class FakeWhatsApp:
    """The host, and what the other side does.

    Attributes:
        said: what arrived at its readers, each message once; `sends`: each try.
        breaks: errors that the next sends raise before anything left.
        loses_answers: of so many sends, which arrive all the same.
        refuses: code of the refusal of every send.
        absent: numbers without WhatsApp; `asked`: those that were looked for.
        shut: error of `open` itself.
    """

    said: list[Said] = field(default_factory=list)
    sends: list[Said] = field(default_factory=list)
    breaks: list[VendorError] = field(default_factory=list)
    loses_answers: int = 0
    refuses: str | None = None
    absent: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    logged_out: list[str] = field(default_factory=list)
    lines: list[FakeLine] = field(default_factory=list)
    doubles: int = 0
    shut: VendorError | None = None
    refuses_version: bool = False
    numbers: Any = field(default_factory=lambda: iter(range(1, 1 << 30)))

    async def open(
        self, session: str, keys: SessionKeys, options: LineOptions, on_event: OnEvent
    ) -> FakeLine:
        if self.shut is not None:
            raise self.shut
        for earlier in self._open(session):
            self.doubles += 1
            earlier.drops(440, "replaced")
        found = await keys.creds()
        creds = dict(found or {"noise": "fresh"})
        if found is None:
            await keys.set_creds(creds)
            await keys.set({"pre-key": {str(n): {"public": n} for n in range(3)}})
        line = FakeLine(self, session, keys, options, on_event, creds)
        self.lines.append(line)
        if self.refuses_version:
            asyncio.get_running_loop().call_soon(line.drops, 405)
        elif "me" in creds:
            me = _me(creds["me"])
            asyncio.get_running_loop().call_soon(on_event, Opened(me))
        else:
            line.shows(1, "2@first", 60.0)
        return line

    async def line(self, connection_id: UUID) -> FakeLine:
        """The newest that is not closed."""
        await eventually(lambda: self._open(connection_id.hex))
        return self._open(connection_id.hex)[-1]

    async def opened(self, connection_id: UUID) -> FakeLine:
        """The same, of a linked phone."""

        def linked() -> list[FakeLine]:
            return [one for one in self._open(connection_id.hex) if "me" in one.creds]

        await eventually(linked)
        return linked()[-1]

    def _open(self, session: str) -> list[FakeLine]:
        return [one for one in self.lines if one.session == session and one.open]


def _me(told: Mapping[str, Any]) -> Identity:
    return Identity(
        f"{told['phone'][1:]}:1@s.whatsapp.net", told["phone"], told["lid"], told["name"]
    )
