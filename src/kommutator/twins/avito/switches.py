"""What the contract leaves open about Avito, and what tests want otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from kommutator.twins.switchboard import SwitchBoard


@dataclass
class Switches(SwitchBoard):
    """All of them.

    Attributes:
        per_minute: requests of one account a minute, told in `X-RateLimit-*`; more is a 429. The
            vendor publishes no numbers.
        retry_after: whether a 429 says how long to wait.
        signed: hooks carry `x-avito-messenger-signature`, which only third parties describe.
        system_lines: a notice of the messenger itself goes before each new chat.
        own_echo: our own messages come back as hooks, too.
        refused_status: of a tariff without the messenger.
    """

    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {"refused_status": ("402", "403")}

    per_minute: int = 600
    retry_after: bool = False
    signed: bool = False
    system_lines: bool = True
    own_echo: bool = True
    refused_status: str = "403"
