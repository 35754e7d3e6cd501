"""What the vendor's own SDK tests (MIT) hold to be its answers.

Shapes are as found there; phones, mails and people's names are replaced by invented ones.
"""

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "samples"


def answer_of(name: str) -> dict[str, Any]:
    """The response body of a sample file."""
    body = json.loads((_FOLDER / f"{name}.json").read_text())["response"]
    assert isinstance(body, dict)
    return body


def error_items() -> list[dict[str, Any]]:
    items = json.loads((_FOLDER / "errors.json").read_text())["items"]
    assert isinstance(items, list)
    return items
