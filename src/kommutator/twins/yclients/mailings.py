"""Messages to clients through YClients' own channels: by SMS and by e-mail (§1.7)."""

from __future__ import annotations

from typing import Any

from kommutator.twins.yclients.call import Call, Endpoint, Route, number
from kommutator.twins.yclients.replies import BAD_FORMAT, NOTHING, Answer, Refusal, invalid
from kommutator.twins.yclients.rows import Client

Json = dict[str, Any]

SMS, EMAIL = "sms", "email"
MAILED = Answer(NOTHING, {"message": "Accepted"}, 202)


def _by_id(channel: str) -> Endpoint:
    """To the clients named in `client_ids`."""

    def send(call: Call) -> Answer:
        ids = call.item().get("client_ids")
        if not isinstance(ids, list):
            raise Refusal(400, BAD_FORMAT)
        wanted = {number(one) for one in ids}
        known = call.company.clients.values()
        return _sent(call, channel, [client for client in known if client.id in wanted])

    return send


def _by_filter(channel: str) -> Endpoint:
    """To all clients; the filters of the query narrow it as those of the old list do."""

    def send(call: Call) -> Answer:
        word = call.word("fullname").casefold()
        known = call.company.clients.values()
        return _sent(call, channel, [one for one in known if word in one.display_name.casefold()])

    return send


def _sent(call: Call, channel: str, clients: list[Client]) -> Answer:
    """Take the mailing; who has opted out of SMS is left out."""
    text = str(call.item().get("text") or "").strip()
    if not text:
        raise invalid(text="Обязательное поле")
    told = [one for one in clients if (not one.sms_not if channel == SMS else one.email)]
    call.world.mailings.append(
        {
            "at": call.world.now(),
            "company": call.company.id,
            "channel": channel,
            "text": text,
            "clients": [one.id for one in told],
        }
    )
    call.world.core.bell.ring()
    return MAILED


ROUTES = tuple(
    Route(
        "POST",
        f"/api/v1/{channel}/clients/{way}/{{company}}",
        make(channel),
        user=True,
        right="other.send_sms",
        licence=403,
    )
    for channel in (SMS, EMAIL)
    for way, make in (("by_id", _by_id), ("by_filter", _by_filter))
)
