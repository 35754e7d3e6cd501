"""A service that speaks as OpenAI's does and says what it was told to: real HTTP, here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Asked = dict[str, Any]


@dataclass(frozen=True)
class Raw:
    """An answer as it is. `hangs`: none ever comes."""

    status: int = 200
    body: str = ""
    hangs: bool = False


Answer = dict[str, Any] | Raw | str
Says = Callable[[Asked], Answer]


def call(name: str, /, **args: Any) -> dict[str, Any]:
    """One tool call of the model."""
    return {"name": name, "args": args}


@dataclass
class OpenAiStub:
    """Each request takes the next answer, and the last of them for ever.

    Attributes:
        asked: bodies of the requests; headers: theirs.
    """

    url: str
    answers: list[Answer | Says] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def told(self, *answers: Answer | Says) -> None:
        self.answers = list(answers)

    @property
    def sent(self) -> str:
        """Everything that ever came over the wire, its headers too."""
        return json.dumps([self.asked, self.headers], ensure_ascii=False)

    def returned(self, place: int = -1) -> list[str]:
        """What tools had returned when this request was made."""
        rows: Sequence[Asked] = self.asked[place]["messages"]
        return [row["content"] for row in rows if row["role"] == "tool"]

    async def answer(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self.asked.append(asked)
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        said = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if callable(said):
            said = said(asked)
        if isinstance(said, Raw):
            if said.hangs:
                await asyncio.Event().wait()
            return web.Response(status=said.status, text=said.body, content_type="application/json")
        return web.json_response(_completion(asked["model"], said, len(self.asked)))


@asynccontextmanager
async def openai_stub() -> AsyncIterator[OpenAiStub]:
    app = web.Application()
    stub = OpenAiStub("")
    app.router.add_post("/v1/chat/completions", stub.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.0, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    stub.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield stub
    finally:
        await runner.cleanup()


def _completion(model: str, said: dict[str, Any] | str, number: int) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": None}
    if isinstance(said, str):
        message["content"] = said
    else:
        function = {"name": said["name"], "arguments": json.dumps(said["args"])}
        message["tool_calls"] = [{"id": f"c{number}", "type": "function", "function": function}]
    reason = "stop" if isinstance(said, str) else "tool_calls"
    return {
        "id": f"r{number}",
        "object": "chat.completion",
        "created": 1_795_000_000,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
    }
