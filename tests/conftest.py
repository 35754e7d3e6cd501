"""Shared fixtures come from tests/support; a room's own fixtures stay in its folder."""

from pathlib import Path

_SUPPORT = Path(__file__).parent / "support"

pytest_plugins = [
    f"tests.support.{name}"
    for name in ("postgres", "browser", "pbx")
    if (_SUPPORT / f"{name}.py").exists()
]
