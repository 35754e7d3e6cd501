"""Who is told of what: the WebHook page of a salon, and URLs that came with a callback (§1.10)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

MOST_URLS = 10
FLAGS = (
    "salon",
    "service_category",
    "service",
    "good",
    "master",
    "client",
    "record",
    "goods_operations_sale",
    "goods_operations_receipt",
    "goods_operations_consumable",
    "goods_operations_stolen",
    "goods_operations_move",
    "finances_operation",
)
# What a hook calls the thing that a flag names.
RESOURCES = {"salon": "company", "master": "staff"}


@dataclass
class HookSettings:
    """One setting for all URLs of a salon."""

    urls: list[str] = field(default_factory=list)
    active: bool = False
    flags: dict[str, bool] = field(default_factory=dict)

    def wants(self, resource: str) -> bool:
        """Whether the URLs are told of this kind of thing now."""
        return self.active and any(
            on and RESOURCES.get(flag, flag) == resource for flag, on in self.flags.items()
        )

    def api_view(self) -> Json:
        """As the API shows it: an empty list is one empty string, flags are 0 and 1."""
        flags = {flag: int(self.flags.get(flag, False)) for flag in FLAGS}
        return {"urls": self.urls or [""], "active": int(self.active), **flags}


def read_settings(body: Json) -> HookSettings:
    """The settings a POST replaces everything with; what it leaves out is off.

    Raises:
        ValueError: more than ten URLs, twice the same, or what is no list of texts.
    """
    urls = body.get("urls", [])
    if not (isinstance(urls, list) and all(isinstance(url, str) for url in urls)):
        raise ValueError("urls")
    urls = [url for url in urls if url]
    if len(urls) > MOST_URLS or len(set(urls)) != len(urls):
        raise ValueError("urls")
    flags = {flag: _on(body.get(flag)) for flag in FLAGS}
    return HookSettings(urls, _on(body.get("active")), flags)


def _on(value: Any) -> bool:
    return value in (True, 1, "1")
