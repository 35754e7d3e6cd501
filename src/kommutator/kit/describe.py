"""How an attempt is written down: what went out and what came back, cut and free of secrets.

Secrets are found by value, not by guessing at names: whoever sends a secret says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from kommutator.kit.http import Answer, Pairs, WireError

LIMIT = 2000  # characters of a body that are kept
MASK = "***"
_SHORTEST_SECRET = 4  # masking shorter values would eat ordinary text


def mask(text: str, secrets: Iterable[str]) -> str:
    """Every occurrence of every secret replaced by `***`; the longest first."""
    for secret in sorted((s for s in secrets if len(s) >= _SHORTEST_SECRET), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def describe_request(
    method: str,
    url: str,
    *,
    params: Pairs = (),
    form: Pairs = (),
    body: bytes | None = None,
    secrets: Collection[str] = (),
) -> dict[str, Any]:
    """The request without its headers (they carry nothing but the key)."""
    described: dict[str, Any] = {"method": method, "url": mask(url, secrets)}
    if params:
        described["query"] = _pairs(params, secrets)
    if form:
        described["form"] = _pairs(form, secrets)
    if body is not None:
        described["body"] = _shown(body, secrets)
    return described


def describe_answer(answer: Answer, secrets: Collection[str] = ()) -> dict[str, Any]:
    return {"status": answer.status, "body": _shown(answer.body, secrets)}


def describe_silence(error: WireError) -> dict[str, Any]:
    """When no usable answer came."""
    silence: dict[str, Any] = {"stage": error.stage.value, "reason": error.reason}
    if error.status is not None:
        silence["status"] = error.status
    return silence


def _shown(body: bytes, secrets: Collection[str]) -> str:
    return cut(mask(body[: LIMIT * 4].decode("utf-8", "replace"), secrets))


def cut(text: str, limit: int = LIMIT) -> str:
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"


def _pairs(pairs: Pairs, secrets: Collection[str]) -> dict[str, str]:
    room = max(1, LIMIT // max(1, len(pairs)))
    return {name: cut(mask(value, secrets), room) for name, value in pairs}
