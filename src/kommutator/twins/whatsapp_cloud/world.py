"""An app, business accounts with numbers and templates, and people who chat with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kommutator.twins.clock import ShiftedClock
from kommutator.twins.core import TwinCore
from kommutator.twins.messenger.courier import Courier, Parcel
from kommutator.twins.messenger.pace import Pace
from kommutator.twins.messenger.talks import Line, Talk, Talks
from kommutator.twins.whatsapp_cloud.notices import Notices
from kommutator.twins.whatsapp_cloud.replies import UNDELIVERABLE, WINDOW, Refusal
from kommutator.twins.whatsapp_cloud.switches import Switches

Json = dict[str, Any]
WINDOW_S = 24 * 3600.0
FIRST_NUMBER, FIRST_ACCOUNT, APP = 106540352242922, 102290129340398, 634974688087057


@dataclass
class Template:
    """One translation of a message template. `params`: places in its body."""

    name: str
    language: str
    params: int
    status: str = "APPROVED"
    category: str = "UTILITY"
    body: str = ""


@dataclass
class Number:
    """A business phone number. `override`: where its own webhooks go; "": to the app's."""

    id: str
    phone: str
    name: str
    account: str
    courier: Courier
    override: str = ""


@dataclass
class World:
    """Everything of one app.

    Attributes:
        callback, fields: of the app's own subscription.
        joined: business accounts that the app is subscribed to.
    """

    core: TwinCore
    clock: ShiftedClock
    given: Mapping[str, str]
    switches: Switches = field(default_factory=Switches)
    talks: Talks = field(default_factory=Talks)
    pace: Pace = field(default_factory=Pace)
    numbers: dict[str, Number] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.notices = Notices(self)
        self.reset()

    def reset(self) -> None:
        """One number without chats."""
        for number in self.numbers.values():
            number.courier.stop()
        self.numbers.clear()
        self.talks.clear()
        self.pace.clear()
        self.switches.__init__()  # type: ignore[misc]  # every switch at its default again
        self.token = self.given.get("access_token") or f"EAA{self.core.ids.token(40)}"
        self.app_secret = self.given.get("app_secret") or self.core.ids.token(24)
        self.callback, self.fields, self.joined = "", "", set[str]()
        self.pair_until: dict[str, float] = {}
        words = "Здравствуйте, {{1}}! {{2}} Ждём вас."
        self.templates = [Template("salon_message", "ru", 2, body=words)]
        self.add(str(FIRST_ACCOUNT), "15550783881", "Салон «Ромашка»")

    def add(self, account: str, phone: str, name: str) -> Number:
        """One more number of the app."""
        number_id = str(FIRST_NUMBER + len(self.numbers))
        courier = Courier(self.clock, self.core.bell.ring)
        number = self.numbers[number_id] = Number(number_id, phone, name, account, courier)
        return number

    def number(self, number_id: str | None = None) -> Number:
        """By its id, the first one without. Raises LookupError."""
        for number in self.numbers.values():
            if number_id in (None, "", number.id):
                return number
        raise LookupError(f"no number {number_id}")

    @property
    def accounts(self) -> set[str]:
        return {number.account for number in self.numbers.values()}

    # --- people --------------------------------------------------------------------------------

    def person(self, number: Number, order: Mapping[str, Any]) -> Talk:
        """The chat with `phone`; `hidden`: they go by a username and show no phone."""
        phone = str(order.get("chat") or order.get("phone") or "79161234567").lstrip("+")
        known = self.talks.find(number.id, phone)
        if known is not None:
            return known
        facts: Json = {
            "phone": phone,
            "user_id": f"RU.{''.join(reversed(phone))}",
            "hidden": bool(order.get("hidden")),
            "heard": 0.0,
        }
        title = str(order.get("name") or "Анна")
        return self.talks.open(Talk(phone, number.id, title, facts=facts))

    def hear(self, number: Number, talk: Talk, message: Json) -> Line:
        """They write; `message`: `type` and what belongs to it, as the webhook has it."""
        now = self.clock.now().timestamp()
        text = str((message.get("text") or {}).get("body") or f"[{message['type']}]")
        line = Line(f"wamid.{self.core.ids.token(20)}", ours=False, text=text, at=now)
        talk.lines.append(line)
        talk.facts["heard"] = now
        self.notices.heard(number, talk, line, message)
        return line

    # --- the business --------------------------------------------------------------------------

    def write(self, number: Number, talk: Talk, text: str, order: Mapping[str, Any]) -> Line:
        """A message that was taken; what becomes of it is told by webhooks."""
        free = order.get("type") != "template"
        line = Line(
            f"wamid.{self.core.ids.token(20)}", ours=True, text=text,
            at=self.clock.now().timestamp(),
        )  # fmt: skip
        refusal = self.outcome(talk, free=free)
        if refusal is None:
            talk.lines.append(line)
        mark = order.get("biz_opaque_callback_data")
        self.notices.became(number, talk, line.id, refusal, None if mark is None else str(mark))
        return line

    def outcome(self, talk: Talk, *, free: bool) -> Refusal | None:
        """What WhatsApp finds out about a message after it was taken."""
        if talk.closed:
            return UNDELIVERABLE
        if free and not self.in_window(talk):
            return WINDOW
        return None

    def in_window(self, talk: Talk) -> bool:
        heard: float = talk.facts["heard"]
        return self.clock.now().timestamp() - heard < WINDOW_S

    def tell(self, number: Number, body: Json) -> None:
        """Put a webhook on its way; nobody who is not subscribed hears."""
        if number.courier.route is None:
            return
        for _ in range(2 if self.switches.duplicates else 1):
            number.courier.send(Parcel(self.core.ids.token(8), body))
