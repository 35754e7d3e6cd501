"""Speaks to an ASGI application in this process, from any address one likes."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True)
class Reply:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)

    @property
    def code(self) -> str:
        """The slug of an error answer."""
        return str(self.json()["error"]["code"])


class Asgi:
    """One caller; `headers` go with every request."""

    def __init__(
        self,
        app: Any,
        *,
        headers: Mapping[str, str] | None = None,
        address: str = "203.0.113.9",
        scheme: str = "http",
    ) -> None:
        self.app = app
        self.headers = dict(headers or {})
        self.address = address
        self.scheme = scheme

    def with_headers(self, **headers: str) -> "Asgi":
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Asgi(
            self.app,
            headers={**self.headers, **named},
            address=self.address,
            scheme=self.scheme,
        )

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json_body: Any = None,
        form: Mapping[str, str] | None = None,
        raw: bytes | None = None,
        chunks: list[bytes] | None = None,
    ) -> Reply:
        sent = {"host": "house.example", **self.headers, **(headers or {})}
        body = raw or b""
        if json_body is not None:
            body, sent["content-type"] = json.dumps(json_body).encode(), "application/json"
        if form is not None:
            body = urlencode(form).encode()
            sent["content-type"] = "application/x-www-form-urlencoded"
        if chunks is None:
            sent.setdefault("content-length", str(len(body)))
        return await self._exchange(method, url, sent, chunks if chunks is not None else [body])

    async def get(self, url: str, **kwargs: Any) -> Reply:
        return await self.request("GET", url, **kwargs)

    async def post(self, url: str, **kwargs: Any) -> Reply:
        return await self.request("POST", url, **kwargs)

    async def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], chunks: list[bytes]
    ) -> Reply:
        parts = urlsplit(url)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": self.scheme,
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
            "client": (self.address, 50000),
            "server": ("house.example", 80),
        }
        waiting = [
            {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
            for number, chunk in enumerate(chunks, start=1)
        ]
        said: list[dict[str, Any]] = []
        answered = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if waiting:
                return waiting.pop(0)
            await answered.wait()  # a caller stays on the line until it has the answer
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            said.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                answered.set()

        await self.app(scope, receive, send)
        head = next(message for message in said if message["type"] == "http.response.start")
        body = b"".join(m.get("body", b"") for m in said if m["type"] == "http.response.body")
        return Reply(
            head["status"], [(k.decode().lower(), v.decode()) for k, v in head["headers"]], body
        )
