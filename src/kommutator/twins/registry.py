"""Which twins there are."""

from __future__ import annotations

from collections.abc import Callable

from kommutator.twins.amocrm import AmoCrmTwin
from kommutator.twins.avito import AvitoTwin
from kommutator.twins.config import TwinsConfig
from kommutator.twins.retailcrm import RetailCrmTwin
from kommutator.twins.server import ProgramTwin, RunningTwins, Twin
from kommutator.twins.telegram import TelegramTwin
from kommutator.twins.whatsapp import WhatsAppTwin
from kommutator.twins.whatsapp_cloud import WhatsAppCloudTwin
from kommutator.twins.yclients import YClientsTwin

TWINS: dict[str, Callable[[], Twin]] = {
    "retailcrm": RetailCrmTwin,
    "amocrm": AmoCrmTwin,
    "yclients": YClientsTwin,
    "telegram": TelegramTwin,
    "avito": AvitoTwin,
    "whatsapp_cloud": WhatsAppCloudTwin,
}
PROGRAMS: dict[str, Callable[[], ProgramTwin]] = {"whatsapp": WhatsAppTwin}
"""Those that are programs of their own; they are left out where they cannot run."""


async def start_twins(config: TwinsConfig | None = None) -> RunningTwins:
    """Start the twins the configuration names (all by default settings: RetailCRM on 18101).

    Raises:
        KeyError: a name nobody knows.
        OSError: a port is taken; what was already started is stopped again.
    """
    config = config or TwinsConfig()
    makers = [TWINS[name] for name in config.names if name not in PROGRAMS]
    programs = [PROGRAMS[name] for name in config.names if name in PROGRAMS]
    running = RunningTwins()
    try:
        for make in makers:
            await running.start(make(), config)
        for program in programs:
            await running.launch(program(), config)
    except BaseException:
        await running.stop()
        raise
    return running
