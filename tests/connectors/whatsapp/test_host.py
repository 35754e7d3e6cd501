"""The operator's settings, and a host without a bridge."""

from pathlib import Path

import pytest

from kommutator.connectors.channels.whatsapp.errors import WhatsAppError
from kommutator.connectors.channels.whatsapp.host import BaileysHost
from kommutator.connectors.channels.whatsapp.program import bridge_program
from kommutator.domain.whatsapp.ports import LineOptions
from kommutator.kit.clock import SystemClock
from kommutator.settings import SettingsError, load_settings
from tests.connectors.whatsapp.conftest import Heard, MemoryKeys

KEY = "ab" * 32


def given(**settings: str) -> dict[str, str]:
    return {f"KOMMUTATOR_WHATSAPP_{name.upper()}": value for name, value in settings.items()}


def test_without_settings_sessions_go_to_the_real_whatsapp() -> None:
    settings = load_settings({})
    assert (settings.whatsapp_url, settings.whatsapp_root_key) == ("", "")
    assert settings.whatsapp_protocol is None


def test_the_version_of_the_protocol_is_three_numbers() -> None:
    assert load_settings(given(version="2,3000,1027934701")).whatsapp_protocol == (
        2,
        3000,
        1027934701,
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (given(root_key=KEY), "KOMMUTATOR_WHATSAPP_ROOT_KEY needs KOMMUTATOR_WHATSAPP_URL"),
        (given(url="http://127.0.0.1/ws"), "KOMMUTATOR_WHATSAPP_URL: must begin with wss://"),
        (given(version="2.3000.1"), "KOMMUTATOR_WHATSAPP_VERSION: must be three numbers"),
        (given(url="ws://x", root_key="ab"), "KOMMUTATOR_WHATSAPP_ROOT_KEY: must be 64 hex"),
    ],
)
def test_a_mistake_is_told_before_the_start(settings: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load_settings(settings)


async def test_a_folder_without_a_bridge_shows_at_the_first_session(tmp_path: Path) -> None:
    host = BaileysHost(clock=SystemClock(), program=lambda: bridge_program(tmp_path))
    with pytest.raises(WhatsAppError) as missing:
        await host.open("one", MemoryKeys(), LineOptions(), Heard())
    assert missing.value.hint == "whatsapp_bridge_missing"
