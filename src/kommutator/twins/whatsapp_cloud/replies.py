"""Refusals of the Graph API (developers.facebook.com, "Error codes" of the Business Platform)."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from kommutator.twins.faults import CannedReply

Json = dict[str, Any]


class Refusal(Exception):
    """`{"error": {"message", "type", "code", "error_data", "fbtrace_id"}}`."""

    def __init__(
        self, status: int, code: int, title: str, details: str = "", subcode: int | None = None
    ) -> None:
        super().__init__(title)
        self.status = status
        self.code = code
        self.title = title
        self.details = details
        self.subcode = subcode

    def body(self) -> Json:
        error: Json = {
            "message": f"(#{self.code}) {self.title}",
            "type": "OAuthException",
            "code": self.code,
            "fbtrace_id": "AtwinTraceOfTheFake",
        }
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        return {"error": error}

    def answer(self) -> web.Response:
        return web.json_response(self.body(), status=self.status)

    def told(self) -> Json:
        """As an entry of `errors` in a webhook."""
        return {
            "code": self.code,
            "title": self.title,
            "message": self.title,
            "error_data": {"details": self.details or self.title},
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        }


def invalid(details: str) -> Refusal:
    return Refusal(400, 100, "Invalid parameter", details)


BAD_TOKEN = Refusal(401, 190, "Error validating access token: the session is invalid")
BAD_PROOF = Refusal(400, 100, "Invalid appsecret_proof provided in the API argument")
NO_RIGHTS = Refusal(403, 10, "Application does not have permission for this action")
UNKNOWN = Refusal(
    400, 100, "Unsupported request. Object with this ID does not exist, cannot be loaded due to "
    "missing permissions, or does not support this operation", subcode=33,
)  # fmt: skip
TOO_FAST = Refusal(429, 130429, "Rate limit hit", "Too many messages were sent from this number")
PAIR = Refusal(
    400, 131056, "(Business Account, Consumer Account) pair rate limit hit",
    "Too many messages were sent to the same phone number in a short period of time",
)  # fmt: skip
WINDOW = Refusal(
    400, 131047, "Re-engagement message",
    "More than 24 hours have passed since the customer last replied to this number",
)  # fmt: skip
UNDELIVERABLE = Refusal(400, 131026, "Message undeliverable", "Unable to deliver message")
LOCKED = Refusal(403, 131031, "Business Account locked", "The account has been locked")
BLOCKED = Refusal(403, 368, "Temporarily blocked for policies violations")
NO_TEMPLATE = Refusal(404, 132001, "Template name does not exist in the translation")
TEMPLATE_PARAMS = Refusal(400, 132000, "Number of parameters does not match the expected number")
PAUSED = Refusal(400, 132015, "Template is paused due to low quality")
DISABLED = Refusal(400, 132016, "Template is disabled due to low quality")
UNVERIFIED = Refusal(400, 2200, "Callback verification failed: the challenge was not echoed")

_PAGE = "<html><head><title>502 Bad Gateway</title></head><body>proxy</body></html>"


def _canned(refusal: Refusal) -> CannedReply:
    return CannedReply(refusal.status, json.dumps(refusal.body()))


FAULT_REPLIES = {
    "too_many": _canned(TOO_FAST),
    "pair": _canned(PAIR),
    "locked": _canned(LOCKED),
    "blocked": _canned(BLOCKED),
    "html_502": CannedReply(502, _PAGE, "text/html"),
    "internal": _canned(Refusal(500, 2, "An unexpected error has occurred. Please retry later")),
    "failed": _canned(Refusal(500, 131000, "Something went wrong", "Message failed to send")),
}
