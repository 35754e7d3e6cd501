"""What the vendor's documentation and public clients of its live API hold to be its answers."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "samples"


def sample(name: str) -> Any:
    """The content of a file, such as "errors"; of a page of the documentation, its body."""
    held = json.loads((FOLDER / f"{name}.json").read_text())
    return held["body"] if isinstance(held, dict) and "_endpoint" in held else held
