"""What the vendor's documentation and issues of its SDK hold to be its answers."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "samples"


def sample(name: str) -> Any:
    """The body of a file, such as "errors/400_validation" or "docs/leads-api__01_GET_leads…"."""
    folder, _, begin = name.partition("/")
    prefix = "crm_platform_" if folder == "docs" and "__" in begin else ""
    (path,) = (FOLDER / folder).glob(f"{prefix}{begin}*")
    return json.loads(path.read_text())


def raw(name: str) -> bytes:
    folder, _, begin = name.partition("/")
    (path,) = (FOLDER / folder).glob(f"{begin}*")
    return path.read_bytes()
