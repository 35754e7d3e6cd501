"""Answers of the Bot API, to the letter (core.telegram.org/bots/api, "Making requests")."""

from __future__ import annotations

import math
from typing import Any

from aiohttp import web

from kommutator.twins.faults import CannedReply

Json = dict[str, Any]


class Refusal(Exception):
    """`{"ok": false, …}`; `parameters` say what would help."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def answer(self) -> web.Response:
        body: Json = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return web.json_response(body, status=self.code)


def bad_request(what: str, **parameters: int) -> Refusal:
    return Refusal(400, f"Bad Request: {what}", **parameters)


def forbidden(why: str) -> Refusal:
    return Refusal(403, f"Forbidden: {why}")


def too_many(seconds: float) -> Refusal:
    wait = max(1, math.ceil(seconds))
    return Refusal(429, f"Too Many Requests: retry after {wait}", retry_after=wait)


UNAUTHORIZED = Refusal(401, "Unauthorized")
NOT_FOUND = Refusal(404, "Not Found")
CLOSED = {
    "blocked": forbidden("bot was blocked by the user"),
    "deactivated": forbidden("user is deactivated"),
    "kicked": forbidden("bot was kicked from the group chat"),
}
_PAGE = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
FAULT_REPLIES = {
    "too_many": CannedReply(
        429,
        '{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 3",'
        '"parameters":{"retry_after":3}}',
    ),
    "html_502": CannedReply(502, _PAGE, "text/html"),
    "internal": CannedReply(
        500, '{"ok":false,"error_code":500,"description":"Internal Server Error"}'
    ),
}
