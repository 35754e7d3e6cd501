"""The frame of doors where a vendor tells that something changed: acknowledged when on disk."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from prometheus_client import Counter
from starlette.types import Message, Receive, Scope, Send

from kommutator.domain.journal import Receipt
from kommutator.doors.http.hot import PLAIN_HEADERS, refuse
from kommutator.flows.house import House

_METHODS = ("POST", "GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")
_ERRORS = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}}


class HotVendorHooks(ABC):
    """A hot door: all below `path`, bytes to bytes.

    Args:
        outcomes: counts "received", "duplicate", "refused".
        accepted: the body of the answer, if the vendor reads it.
    """

    def __init__(
        self, house: House, path: str, outcomes: Counter, *, accepted: bytes | None = None
    ) -> None:
        self._house = house
        self._path = path
        self._route = f"{path}/{{secret}}"  # as metrics name it
        self._outcomes = outcomes
        self._answered = house.metrics.http_requests.labels("POST", self._route, "2xx")
        self._seconds = house.metrics.http_seconds.labels(self._route)
        self._begin = _answer(accepted)
        self._body: Message = {"type": "http.response.body", "body": accepted or b""}

    def addresses(self) -> Iterable[tuple[str, str]]:
        return [(method, f"{self._path}/") for method in _METHODS]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        try:
            receipt = await self._take(scope, receive)
        except Exception as error:  # noqa: BLE001  every refusal has the one shape of errors
            self._outcomes.labels("refused").inc()
            await refuse(self._house, error, scope, receive, send, route=self._route)
            return
        self._outcomes.labels("duplicate" if receipt.duplicate else "received").inc()
        await send(self._begin)
        await send(self._body)
        self._answered.inc()
        self._seconds.observe(time.perf_counter() - began)

    @abstractmethod
    async def _take(self, scope: Scope, receive: Receive) -> Receipt:
        """A receipt means that it is committed; anything else means that it is not."""


def _answer(accepted: bytes | None) -> Message:
    status = HTTPStatus.NO_CONTENT if accepted is None else HTTPStatus.OK
    kind = [] if accepted is None else [(b"content-type", b"application/json")]
    return {"type": "http.response.start", "status": status, "headers": [*PLAIN_HEADERS, *kind]}


def described(
    operation: str,
    *,
    tag: str,
    summary: str,
    parameters: Mapping[str, str],
    content_type: str,
    status: HTTPStatus,
) -> dict[str, Any]:
    """A path item of OpenAPI; FastAPI does not see hot doors.

    Args:
        parameters: of the path, and what they mean.
        status: of the answer that means that it is committed.
    """
    return {
        "post": {
            "tags": [tag],
            "operationId": operation,
            "summary": summary,
            "description": f"Answers {status} after it is committed to disk. It is judged later.",
            "security": [],
            "parameters": _in_path(parameters),
            "requestBody": {
                "required": True,
                "content": {content_type: {"schema": {"type": "object"}}},
            },
            "responses": {
                str(status.value): {"description": "It is on disk."},
                "4XX": {"description": "Not accepted.", "content": _ERRORS},
                "5XX": {"description": "Not accepted; try again.", "content": _ERRORS},
            },
        }
    }


def _in_path(parameters: Mapping[str, str]) -> Sequence[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
            "description": text,
        }
        for name, text in parameters.items()
    ]
