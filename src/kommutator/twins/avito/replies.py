"""Answers of Avito's API: the error shapes of its OpenAPI."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from kommutator.twins.faults import CannedReply

Json = dict[str, Any]


class Refusal(Exception):
    """`{"error": {"code", "message"}}`."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(self) -> web.Response:
        body = {"error": {"code": self.status, "message": self.message}}
        return web.json_response(body, status=self.status, headers=self.headers)


class TokenRefused(Exception):
    """`POST /token` answers in the words of OAuth."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description

    def answer(self) -> web.Response:
        body = {"error": self.error, "error_description": self.description}
        return web.json_response(body, status=401 if self.error == "invalid_client" else 400)


UNAUTHORIZED = Refusal(401, "invalid access token")
NO_RIGHTS = Refusal(403, "permission denied")
NO_CHAT = Refusal(404, "chat not found")
_PAGE = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
FAULT_REPLIES = {
    "too_many": CannedReply(429, '{"error":{"code":429,"message":"too many requests"}}'),
    "html_502": CannedReply(502, _PAGE, "text/html"),
    "internal": CannedReply(500, '{"error":{"code":500,"message":"internal error"}}'),
}
