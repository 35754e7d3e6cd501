"""Write docs/settings.md from the settings themselves.

`python tools/settings_doc.py` writes, `--check` only says whether the page is current.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from inspect import getsource
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from kommutator.settings import PREFIX, Settings
from kommutator.settings.amocrm import AmoCrmSettings
from kommutator.settings.channels import ChannelSettings
from kommutator.settings.llm import LlmSettings
from kommutator.settings.whatsapp import WhatsAppSettings
from kommutator.settings.yclients import YClientsSettings

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
_HEAD = """\
# Settings

<!-- Written by tools/settings_doc.py from src/kommutator/settings/. Do not edit. -->

All settings are environment variables. Everything has a default: `kommutator up` starts without
any. A wrong start names every mistake at once and never repeats a value. Empty means not given.
"""
_TABLE = "| Variable | Default | Allowed | Meaning |\n|---|---|---|---|\n"
_TYPES = {int: "whole number", float: "number", bool: "true, false", str: "text"}
_LIMITS = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}


def render() -> str:
    """The whole page."""
    parts = [_HEAD]
    for title, names in _groups():
        rows = "".join(_row(name, Settings.model_fields[name]) for name in names)
        parts.append(f"\n## {title}\n\n{_TABLE}{rows}")
    return "".join(parts)


def _groups() -> Iterator[tuple[str, list[str]]]:
    """Headings are the `# --- … ---` comments of the source."""
    title, names = "", list[str]()
    parts = (
        Settings,
        AmoCrmSettings,
        YClientsSettings,
        ChannelSettings,
        WhatsAppSettings,
        LlmSettings,
    )
    for line in "".join(map(getsource, parts)).splitlines():
        text = line.strip()
        if text.startswith("# --- "):
            if names:
                yield title, names
            title, names = text.strip("# -"), []
        elif (name := text.partition(":")[0]) in Settings.model_fields:
            names.append(name)
    yield title, names


def _row(name: str, field: FieldInfo) -> str:
    meaning = (field.description or "").replace("|", "\\|")
    return f"| `{PREFIX}{name.upper()}` | {_default(field)} | {_allowed(field)} | {meaning} |\n"


def _default(field: FieldInfo) -> str:
    value = field.default
    if value in (None, (), ""):
        return "—"
    if isinstance(value, tuple):
        return f"`{','.join(map(str, value))}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _allowed(field: FieldInfo) -> str:
    annotation: Any = field.annotation
    options = [part for part in get_args(annotation) if part is not type(None)]
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{option}`" for option in options)
    plain = options[0] if options and get_origin(annotation) is not tuple else annotation
    if plain is SecretStr:
        return "secret text"
    limits = [
        f"{sign} {value:g}"
        for limit in field.metadata
        for key, sign in _LIMITS.items()
        if (value := getattr(limit, key, None)) is not None
    ]
    return ", ".join([_TYPES.get(plain, "text"), *limits])


def main(arguments: list[str]) -> int:
    """0 if the page is current or was written."""
    page = render()
    if "--check" in arguments:
        current = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page
        print(
            "current" if current else "docs/settings.md is not current: run tools/settings_doc.py"
        )
        return 0 if current else 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
