"""The library's way out: through our own client, with its guard, its caps and its metrics.

Redirects are not followed, private hosts are refused unless settings allow them, answers are
capped. Of the headers only those that the API needs leave this house.
"""

from __future__ import annotations

from typing import Final

import httpx2
from openai import AsyncOpenAI
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider
from yarl import URL

from kommutator.domain.assistant.model import ModelSetup
from kommutator.kit.http import HttpClient, WireError

VENDOR: Final = "llm"
_SENT: Final = ("authorization", "content-type", "accept")
_NO_KEY: Final = "none"
_OPENAI: Final = "api.openai.com"


class NotReached(httpx2.TransportError):
    """`reason` as in `WireError`."""

    def __init__(self, reason: str, request: httpx2.Request) -> None:
        super().__init__(reason, request=request)
        self.reason = reason


class GuardedTransport(httpx2.AsyncBaseTransport):
    """One request of the library is one of ours."""

    def __init__(self, http: HttpClient, timeout_s: float, *, with_key: bool) -> None:
        self._http = http
        self._timeout_s = timeout_s
        self._with_key = with_key

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Raises NotReached: no usable answer came."""
        headers = {name: request.headers[name] for name in _SENT if name in request.headers}
        if not self._with_key:
            headers.pop("authorization", None)
        try:
            answer = await self._http.request(
                request.method,
                str(request.url),
                headers=headers,
                body=await request.aread(),
                timeout_s=self._timeout_s,
                vendor=VENDOR,
            )
        except WireError as error:
            raise NotReached(error.reason, request) from None
        kind = answer.headers.get("content-type", "application/json")
        return httpx2.Response(
            answer.status, headers={"content-type": kind}, content=answer.body, request=request
        )


def model_of(setup: ModelSetup, http: HttpClient, timeout_s: float) -> OpenAIChatModel:
    """The enterprise's model; nothing is asked yet, nothing must be closed."""
    transport = GuardedTransport(http, timeout_s, with_key=bool(setup.key))
    client = AsyncOpenAI(
        api_key=setup.key or _NO_KEY,
        base_url=setup.settings.base_url,
        http_client=httpx2.AsyncClient(transport=transport, trust_env=False),
        max_retries=0,  # a turn has one clock for everything
    )
    provider = OpenAICompatibleProvider(
        "tenant", openai_client=client, profile=_profile(setup.settings.base_url)
    )
    return OpenAIChatModel(setup.settings.model, provider=provider)


def _profile(base_url: str) -> OpenAIModelProfile:
    """What services that imitate the API understand: the older of two fields, and "auto"."""
    return OpenAIModelProfile(
        supports_forced_tool_choice=False,  # who answers in words instead is asked again
        openai_supports_strict_tool_definition=False,
        openai_chat_supports_max_completion_tokens=URL(base_url).host == _OPENAI,
    )
