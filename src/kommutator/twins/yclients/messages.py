"""Messages of a salon to its clients that an application carries as an operator (§1.9)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

WHATSAPP, SMS = "whatsapp", "sms"
SERVICE, ADS = "service", "adds"  # `adds` is the vendor's spelling
STATUS_WORDS = {
    1: "доставлено",
    2: "не доставлено",
    4: "передано на телефон",
    8: "передано оператору",
    16: "отклонено",
    52: "не хватило средств",
}


@dataclass
class Message:
    """One text to one phone, with what the operator answered and told later.

    `http`: status of the operator's answer (0: none, None: not yet). `statuses`: as they came.
    """

    id: str
    company_id: int
    application_id: int
    phone: str
    text: str
    channel: str
    dispatch_type: str
    sender: str
    at: str
    record_id: int | None = None
    http: int | None = None
    ext_id: str | None = None
    error_code: int | None = None
    error_message: str | None = None
    statuses: list[Json] = field(default_factory=list)

    def answered(self, http: int, row: Json | None) -> None:
        """Note the operator's answer; `row` is the part about this message, if there is one."""
        self.http = http
        if row is None:
            return
        self.ext_id = str(row["ext_id"]) if row.get("ext_id") is not None else None
        self.error_code = row.get("error_code")
        self.error_message = row.get("error_message")

    def dump(self) -> Json:
        """The message as JSON; `fate` is one word for people."""
        return {
            "id": self.id,
            "company_id": self.company_id,
            "application_id": self.application_id,
            "phone": self.phone,
            "text": self.text,
            "channel": self.channel,
            "dispatch_type": self.dispatch_type,
            "from": self.sender,
            "at": self.at,
            "record_id": self.record_id,
            "http": self.http,
            "ext_id": self.ext_id,
            "error_code": self.error_code,
            "error_message": self.error_message,
            "statuses": list(self.statuses),
            "status": self.statuses[-1]["status"] if self.statuses else None,
            "fate": self._fate(),
        }

    def _fate(self) -> str:
        if self.statuses:
            return STATUS_WORDS.get(self.statuses[-1]["status"], "неизвестный статус")
        if self.error_code is not None or self.error_message:
            return "отказ оператора"
        if self.ext_id is not None:
            return "принято оператором"
        return "отправляется" if self.http is None else "оператор не ответил"


class Messages:
    """All messages, oldest first."""

    def __init__(self) -> None:
        self._rows: dict[str, Message] = {}
        self._by_ext: dict[str, Message] = {}
        # Statuses about messages nobody knows.
        self.strays: list[Json] = []

    def add(self, message: Message) -> None:
        """Remember one."""
        self._rows[message.id] = message

    def named(self, message: Message) -> None:
        """Remember what the operator calls it."""
        if message.ext_id is not None:
            self._by_ext[message.ext_id] = message

    def next_id(self) -> str:
        """Ids of YClients are numbers in strings."""
        return str(232_674 + len(self._rows))

    def status(self, row: Json) -> bool:
        """Note one status; its `id` may be ours or the operator's (UNDOCUMENTED which)."""
        name = str(row.get("id"))
        message = self._by_ext.get(name) or self._rows.get(name)
        if message is None:
            self.strays.append(row)
            return False
        message.statuses.append(row)
        return True

    def of(self, company_id: int | None = None) -> list[Message]:
        """Of one salon, or all."""
        return [row for row in self._rows.values() if company_id in (None, row.company_id)]

    def clear(self) -> None:
        """Forget all."""
        self._rows.clear()
        self._by_ext.clear()
        self.strays.clear()
