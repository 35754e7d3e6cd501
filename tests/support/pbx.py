# ruff: noqa: PLC0415 - the plugin is loaded by every test run: the twin only when it is asked for
"""A real Asterisk and its phones for any test; tests/conftest.py makes the fixtures known.

Mark such tests `pbx`. Where Asterisk cannot be had they are skipped with the reason, unless
CI=true: there they fail. The twin is imported when a fixture is used, not before.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from kommutator.twins.pbx.config import PbxConfig
    from kommutator.twins.pbx.installation import Installation
    from kommutator.twins.pbx.phone import Phone
    from kommutator.twins.pbx.provider import Provider
    from kommutator.twins.pbx.server import PrivateAsterisk

_REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Office:
    """Registered phones by extension, and the outside world."""

    asterisk: PrivateAsterisk
    phones: dict[str, Phone]
    provider: Provider

    def __getitem__(self, extension: str) -> Phone:
        return self.phones[extension]


def pbx_cache() -> Path:
    """Where tests keep the installed Asterisk."""
    named = os.environ.get("KOMMUTATOR_PBX_CACHE")
    return Path(named) if named else _REPOSITORY / ".cache" / "asterisk"


@pytest.fixture(scope="session")
def asterisk_installation() -> Installation:
    """Asterisk on disk: installed by whichever worker comes first."""
    from kommutator.twins.pbx.errors import PbxUnavailable
    from kommutator.twins.pbx.install import install

    try:
        return install(pbx_cache())
    except PbxUnavailable as unavailable:
        report = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        report(f"no Asterisk here: {unavailable.reason}")
        raise


@pytest.fixture
async def make_asterisk(
    asterisk_installation: Installation,
) -> AsyncIterator[AsteriskMaker]:
    """Start Asterisks of one's own: `await make_asterisk(tls=True)`."""
    maker = AsteriskMaker(asterisk_installation)
    yield maker
    await maker.stop_all()


class AsteriskMaker:
    """Starts Asterisks in folders of their own and takes all of them down."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._started: list[PrivateAsterisk] = []

    async def __call__(self, config: PbxConfig | None = None) -> PrivateAsterisk:
        from kommutator.twins.pbx.server import PrivateAsterisk

        # Not pytest's own folder: an unprivileged Asterisk cannot enter that one.
        run = Path(tempfile.mkdtemp(prefix="asterisk-"))
        pbx = PrivateAsterisk(self._installation, run, config)
        self._started.append(pbx)
        await pbx.start()
        return pbx

    async def stop_all(self) -> None:
        for pbx in self._started:
            await pbx.kill()  # a second faster than a clean end; nothing of it is needed again
            shutil.rmtree(pbx.run, ignore_errors=True)


@pytest.fixture(scope="session")
async def asterisk(asterisk_installation: Installation) -> AsyncIterator[PrivateAsterisk]:
    """One Asterisk with its own ports for all tests of this worker."""
    maker = AsteriskMaker(asterisk_installation)
    try:
        yield await maker()
    finally:
        await maker.stop_all()


@pytest.fixture
async def office(asterisk: PrivateAsterisk) -> AsyncIterator[Office]:
    """Phones 150, 151, 152 (ringing on until told otherwise) and a provider that answers."""
    from kommutator.twins.pbx.behaviour import RINGS_ON, answers
    from kommutator.twins.pbx.phone import Phone
    from kommutator.twins.pbx.provider import Provider

    phones = {
        extension: Phone(asterisk.sip_address, extension, asterisk.phone_secret, RINGS_ON)
        for extension in asterisk.extensions
    }
    provider = Provider(asterisk.sip_address, asterisk.ports.trunk, answers())
    await asyncio.gather(provider.start(), *(phone.start() for phone in phones.values()))
    try:
        yield Office(asterisk, phones, provider)
    finally:
        await asterisk.hang_up_everything()
        await asyncio.gather(*(phone.unregister() for phone in phones.values()))
        await asyncio.gather(provider.stop(), *(phone.stop() for phone in phones.values()))
