"""Webhooks of the Business Platform, in the shapes of Meta's reference ("messages" and echoes)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kommutator.twins.messenger.courier import Route
from kommutator.twins.messenger.talks import Line, Talk
from kommutator.twins.whatsapp_cloud.replies import Refusal

if TYPE_CHECKING:
    from kommutator.twins.whatsapp_cloud.world import Number, World

Json = dict[str, Any]


class Notices:
    """What the app is told of its numbers."""

    def __init__(self, world: World) -> None:
        self._world = world

    def lead(self, number: Number) -> None:
        """Send the number's webhooks to its own address, else to the app's, else nowhere."""
        world = self._world
        joined = number.account in world.joined and "messages" in world.fields.split(",")
        url = (number.override or world.callback) if joined else ""
        if not url:
            number.courier.forget()
        number.courier.go_to(Route(url, sign=self._sign, timeout_s=10.0) if url else None)

    def _sign(self, body: bytes) -> Mapping[str, str]:
        key = self._world.app_secret.encode()
        made = hmac.new(key, body, hashlib.sha256).hexdigest()
        return {"X-Hub-Signature-256": f"sha256={made}"}

    def heard(self, number: Number, talk: Talk, line: Line, message: Json) -> None:
        """A person wrote. A hidden phone is left out; the business-scoped id always stands."""
        who: Json = {"user_id": talk.facts["user_id"]}
        sender: Json = {"from_user_id": talk.facts["user_id"]}
        if not talk.facts["hidden"]:
            who["wa_id"] = sender["from"] = talk.facts["phone"]
        contact = {"profile": {"name": talk.title}, **who}
        said = {**sender, "id": line.id, "timestamp": str(int(line.at)), **message}
        self._send(number, {"contacts": [contact], "messages": [said]})

    def echo(self, number: Number, talk: Talk, line: Line) -> None:
        """Staff answered in the WhatsApp Business app on the phone (coexistence)."""
        said = {
            "from": number.phone, "to": talk.facts["phone"], "id": line.id,
            "timestamp": str(int(line.at)), "type": "text", "text": {"body": line.text},
        }  # fmt: skip
        self._send(number, {"message_echoes": [said]}, field="smb_message_echoes")

    def became(
        self, number: Number, talk: Talk, message_id: str, refusal: Refusal | None, mark: str | None
    ) -> None:
        """Statuses of one message of the business."""
        switches = self._world.switches
        names = ["failed"] if refusal else ["sent", *(["delivered"] if switches.deliver else [])]
        statuses = [self._status(talk, message_id, name, refusal, mark) for name in names]
        if switches.shuffled:
            statuses.reverse()
        if switches.batched:
            self._send(number, {"statuses": statuses})
            return
        for status in statuses:
            self._send(number, {"statuses": [status]})

    def read(self, number: Number, talk: Talk) -> None:
        """The person looked: everything that is ours was read."""
        for line in talk.lines:
            if line.ours and not line.read:
                line.read = True
                status = self._status(talk, line.id, "read", None, None)
                self._send(number, {"statuses": [status]})

    def of_another_kind(self, number: Number, kind: str, value: Json) -> None:
        """A field besides messages, such as `phone_number_quality_update`."""
        change = {"value": value, "field": kind}
        entry = {"id": number.account, "time": 1, "changes": [change]}
        self._world.tell(number, {"object": "whatsapp_business_account", "entry": [entry]})

    def _status(
        self, talk: Talk, message_id: str, name: str, refusal: Refusal | None, mark: str | None
    ) -> Json:
        status: Json = {
            "id": message_id,
            "status": name,
            "timestamp": str(int(self._world.clock.now().timestamp())),
            "recipient_id": talk.facts["phone"],
            "recipient_user_id": talk.facts["user_id"],
        }
        if refusal is not None:
            status["errors"] = [refusal.told()]
        if mark is not None:
            status["biz_opaque_callback_data"] = mark
        return status

    def _send(self, number: Number, value: Json, field: str = "messages") -> None:
        metadata = {"display_phone_number": number.phone, "phone_number_id": number.id}
        value = {"messaging_product": "whatsapp", "metadata": metadata, **value}
        entry = {"id": number.account, "changes": [{"value": value, "field": field}]}
        self._world.tell(number, {"object": "whatsapp_business_account", "entry": [entry]})
