"""What the contract does not settle (its §5 and every "(?)"), and the knobs of §1.7.

Defaults are the likelier reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from kommutator.twins.amocrm.hook_switches import HookSwitches


@dataclass
class Switches(HookSwitches):
    """One twin's answers to open questions."""

    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **HookSwitches.CHOICES,
        "language": ("ru", "en"),
        "rate_reply": ("json", "html"),
        "batch_invalid": ("reject", "partial"),
        "query_match": ("digits", "substring"),
        "old_address": ("401", "404"),
        "wrong_redirect": ("400", "401"),
        "uninstall_name": ("client_uuid", "client_id"),
        "batch_timeout": ("off", "before", "after"),
    }

    language: str = "ru"
    # Pace (contract §1.3): requests of one integration in one account, and of a whole account,
    # within any second; after so many 429 the account answers 403 until support unblocks it.
    rate_limits: bool = True
    rate_per_second: int = 7
    account_rate_per_second: int = 50
    rate_reply: str = "json"
    retry_after: int = 300
    block_after: int = 100
    # Tokens (§1.2, §5).
    access_seconds: int = 86_400
    clock_skew_seconds: int = 0
    token_padding: int = 0
    grace_seconds: int = 0
    garbage_refresh_status: int = 400
    old_address: str = "401"
    wrong_redirect: str = "400"
    uninstall_name: str = "client_uuid"
    # Batches: all or nothing; 504 above a size, before or after the effect.
    batch_invalid: str = "reject"
    batch_timeout: str = "off"
    batch_timeout_above: int = 50
    # Search.
    query_match: str = "digits"
    filters: bool = True
    # Duplicate control of `leads/complex`.
    duplicate_control: bool = False
