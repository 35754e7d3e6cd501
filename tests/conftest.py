"""Shared fixtures come from tests/support; a room's own fixtures stay in its folder."""

import gc
from pathlib import Path

import pytest

from tests.support.logs import speak_plainly

_SUPPORT = Path(__file__).parent / "support"
# One Asterisk and one Chromium per run: tests with these marks share a worker process.
_ONE_PROCESS = ("pbx", "browser")

pytest_plugins = [
    f"tests.support.{name}"
    for name in ("postgres", "browser", "pbx", "s3")
    if (_SUPPORT / f"{name}.py").exists()
]


def pytest_configure() -> None:
    speak_plainly()


def pytest_collection_finish() -> None:
    """What collecting left, a million objects, is nobody's garbage: never walk through it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)  # as the service has them


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for name in _ONE_PROCESS:
            if item.get_closest_marker(name) is not None:
                item.add_marker(pytest.mark.xdist_group(name))
                break
