"""`http_build_query` of PHP, written apart from our reader: what the vendor's sender does."""

from typing import Any
from urllib.parse import quote_plus


def build(value: dict[str, Any]) -> bytes:
    """Nested maps and lists as a form body, brackets percent-encoded, `+` for a space."""
    return "&".join(
        f"{quote_plus(name)}={quote_plus(text)}" for name, text in _flat(value)
    ).encode()


def _flat(value: Any, name: str | None = None) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = [(str(index), item) for index, item in enumerate(value)]
    else:
        return [(name or "", str(value))]
    found = []
    for key, item in pairs:
        found += _flat(item, str(key) if name is None else f"{name}[{key}]")
    return found
