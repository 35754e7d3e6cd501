"""What the contract leaves open about Telegram, and what tests want otherwise."""

from __future__ import annotations

from dataclasses import dataclass

from kommutator.twins.switchboard import SwitchBoard


@dataclass
class Switches(SwitchBoard):
    """All of them.

    Attributes:
        limits: 1 message/s per chat, 20 a minute per group, 30/s per bot; more is a 429.
        per_chat_burst: messages one chat gets at once before that; Telegram tolerates a few.
        https_only: webhooks need https, as at the real one; off, as twins speak http.
    """

    limits: bool = True
    per_chat_burst: int = 3
    https_only: bool = False
