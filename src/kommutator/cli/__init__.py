"""The command line. Each module adds its commands to `frame.app` when it is imported."""

from kommutator.cli import (
    amocrm,
    amocrm_bulk,
    amocrm_tokens,
    demo,
    doctor,
    outreach,
    pbx,
    processes,
    reprocess,
    upkeep,
    whatsapp,
)
from kommutator.cli.frame import app

__all__ = [
    "amocrm",
    "amocrm_bulk",
    "amocrm_tokens",
    "app",
    "demo",
    "doctor",
    "outreach",
    "pbx",
    "processes",
    "reprocess",
    "upkeep",
    "whatsapp",
]
