"""What a PBX has told a chain of salons: calls that ring now, calls that were (§1.8)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

TYPES = ("incoming", "outgoing", "internal")
STATUSES = ("success", "missed", "cancel", "busy", "notallowed", "notavailable", "notfound")


@dataclass
class PhoneCall:
    """A line of the call list; `call_date` is branch-local `Y-m-d H:i:s`, `duration` seconds."""

    id: int
    salon_id: int
    type: str
    status: str
    caller_phone: str
    call_date: str
    duration: int = 0
    record_link: str = ""
    client_id: int = 0
    user: str = ""
    diversion: str = ""
    call_id: str = ""

    def api_view(self) -> Json:
        """As `GET /voip/integration/calls` shows it."""
        return {
            "id": self.id,
            "client_id": self.client_id,
            "caller_phone": self.caller_phone,
            "record_link": self.record_link,
            "duration": self.duration,
            "status": self.status,
            "type": self.type,
            "call_date": self.call_date,
        }

    def dump(self) -> Json:
        """With what only the cabinet knows."""
        return self.api_view() | {
            "salon_id": self.salon_id,
            "user": self.user,
            "diversion": self.diversion,
            "call_id": self.call_id,
        }


@dataclass
class Popup:
    """A call that rings; `at` is the twin's epoch second."""

    id: int
    salon_id: int
    phone: str
    user: str
    diversion: str
    at: float
    client_id: int = 0

    def dump(self) -> Json:
        """The pop-up as JSON."""
        return {
            "id": self.id,
            "salon_id": self.salon_id,
            "phone": self.phone,
            "user": self.user,
            "diversion": self.diversion,
            "at": self.at,
            "client_id": self.client_id,
        }


@dataclass
class Telephony:
    """The telephony of one chain. `routes`: a SIP extension or a line → the salon it belongs to."""

    enabled: bool = False
    routes: dict[str, int] = field(default_factory=dict)
    calls: list[PhoneCall] = field(default_factory=list)
    popups: list[Popup] = field(default_factory=list)
    # Every body that was accepted, without its token.
    commands: list[Json] = field(default_factory=list)

    def salon_of(self, user: str, diversion: str, otherwise: int) -> int:
        """Whose call it is: the extension beats the line, as the vendor says."""
        return self.routes.get(user) or self.routes.get(diversion) or otherwise
