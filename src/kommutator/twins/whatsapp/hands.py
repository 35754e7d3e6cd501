"""What people do with their phones, and what one sees there: the control words, typed.

The words are those of README.md; whoever needs one that is not here uses `order` and `look`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal, Self

import aiohttp

Json = dict[str, Any]
Mode = Literal["lid", "pn"]
WAIT_SECONDS = 10.0


class HandsRefused(Exception):
    """The fake did not do it; its words, and `status` as of HTTP."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True, slots=True)
class Linked:
    """What the phone shows after a scan or a code: a device, or that it wants a passkey."""

    linked: bool
    phone: str
    jid: str | None = None
    device: int | None = None
    passkey: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """A message of a person's. `delivered`: to how many devices at once; `chat`: its JID there."""

    id: str
    delivered: int
    chat: str
    phone: str
    lid: str


@dataclass(frozen=True, slots=True)
class Line:
    """A bubble of a chat, as both phones show it.

    Attributes:
        who: "salon" or "person".
        via: "phone", or "device": sent by a linked one.
        at: epoch seconds.
        status: "sent", "delivered", "read", or "refused" with `code`.
        copies: how often it was sent under this id; shown once all the same.
    """

    id: str
    salon: str
    person: str
    who: str
    via: str
    kind: str
    text: str
    at: float
    status: str
    copies: int = 1
    code: int | None = None

    @classmethod
    def of(cls, row: Json) -> Self:
        """From the fake's JSON."""
        known = {field.name: row[field.name] for field in fields(cls) if field.name in row}
        return cls(**known | {"who": row["from"]})


class Hands:
    """Orders to one running fake.

    Args:
        base_url: of the fake, e.g. "http://127.0.0.1:18104".
        http: whose session it is closes it.

    Every method raises HandsRefused.
    """

    def __init__(self, base_url: str, http: aiohttp.ClientSession) -> None:
        self._root = f"{base_url}/_twin"
        self._http = http

    async def order(self, word: str, **order: Any) -> Json:
        """`POST /_twin/<word>`; parameters that are None are left out."""
        given = {name: value for name, value in order.items() if value is not None}
        async with self._http.post(f"{self._root}/{word}", json=given) as answer:
            return await _read(answer)

    async def look(self, path: str, **query: Any) -> Json:
        """`GET /_twin/<path>`."""
        given = {name: str(value) for name, value in query.items() if value is not None}
        async with self._http.get(f"{self._root}/{path}", params=given) as answer:
            return await _read(answer)

    async def scan(self, qr: str, phone: str, name: str | None = None) -> Linked:
        """The phone scans a code; a new phone if nobody has it."""
        return Linked(**await self.order("scan", qr=qr, phone=phone, name=name))

    async def code(self, phone: str, code: str, name: str | None = None) -> Linked:
        """Somebody types the eight letters on the phone."""
        return Linked(**await self.order("code", phone=phone, code=code, name=name))

    async def write(
        self,
        to: str,
        person: str,
        text: str = "",
        *,
        name: str | None = None,
        mode: Mode | None = None,
        **more: Any,
    ) -> Written:
        """A person writes to a salon; `more`: `kind`, `caption`, `id`, `at`, `unreadable`."""
        order = {"to": to, "from": person, "text": text, "name": name, "mode": mode, **more}
        return Written(**await self.order("inbound", **order))

    async def write_own(self, phone: str, to: str, text: str, mode: Mode | None = None) -> str:
        """Staff write on the salon's phone; the message's id."""
        return str((await self.order("own", phone=phone, to=to, text=text, mode=mode))["id"])

    async def kick(self, phone: str, how: str | int, *, stay: bool = False) -> int:
        """Throw the phone's devices out; how many were there."""
        return int((await self.order("kick", phone=phone, how=how, stay=stay))["kicked"])

    async def redeliver(self, phone: str, message_id: str) -> int:
        """The server sends a message once more, as after an acknowledgement that got lost."""
        return int((await self.order("redeliver", phone=phone, id=message_id))["redelivered"])

    async def switch(self, **switches: Any) -> Json:
        """Set switches; all of them."""
        return await self.order("switches", **switches)

    async def told(
        self, salon: str, person: str, count: int = 1, *, limit_s: float = WAIT_SECONDS, **row: Any
    ) -> list[Line]:
        """Wait until the salon has told a person so many things; all of them.

        Raises TimeoutError.
        """
        wanted = {"from": "salon", "via": "device"} | row
        rows = await self.wait(count, limit_s=limit_s, salon=salon, person=person, **wanted)
        return [Line.of(each) for each in rows]

    async def wait(
        self,
        count: int = 1,
        *,
        what: str = "messages",
        limit_s: float = WAIT_SECONDS,
        **row: Any,
    ) -> list[Json]:
        """Wait until `count` rows have these values; all that have.

        Raises TimeoutError.
        """
        found = await self.look("wait", what=what, count=count, timeout=limit_s, **row)
        if not found["ok"]:
            raise TimeoutError(f"not {count} {what} with {row}: {found['items']}")
        items: list[Json] = found["items"]
        return items


async def _read(answer: aiohttp.ClientResponse) -> Json:
    body: Json = await answer.json()
    if not answer.ok:
        raise HandsRefused(answer.status, str(body.get("error", body)))
    return body
