"""What the contract does not settle: each doubt is a switch, never a fixed answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from kommutator.twins.switchboard import SwitchBoard

CHOICES: dict[str, tuple[str, ...]] = {
    "rate_reply": ("html_503", "json_503", "json_429"),
    "rate_scope": ("ip", "ip_account"),
    "upsert_status": ("201_then_200", "201", "200"),
    "edit_mode": ("merge", "replace"),
    "logo_check": ("suffix", "off"),
    "unknown_filter": ("ignore", "reject"),
    "popup_without_target": ("everybody", "nobody"),
    "calls_partial": ("reject", "460"),
    "make_call_method": ("GET", "POST"),
}


@dataclass
class Switches(SwitchBoard):
    """One twin's answers to open questions; defaults are the likelier reading."""

    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = CHOICES

    # Rates (RULES; the shape of the answer differs between nginx and the SDK tests).
    rate_limits: bool = True
    rate_per_second: float = 10.0
    telephony_rate_per_second: float = 40.0
    rate_reply: str = "html_503"
    rate_scope: str = "ip"
    # Statuses.
    create_status: int = 201
    upsert_status: str = "201_then_200"
    telephony_off_status: int = 200
    # Modules.
    edit_mode: str = "merge"
    logo_check: str = "suffix"
    integration_code_defaults_to_code: bool = True
    insufficient_funds: bool = False
    # Telephony.
    popup_without_target: str = "everybody"
    max_calls: int = 50
    calls_partial: str = "reject"
    reupload_updates: bool = False
    manager_details_gate: bool = True
    manager_free_only: bool = True
    make_call_method: str = "GET"
    missed_call_task: bool = False
    # Lists and shops.
    unknown_filter: str = "ignore"
    site_required: bool = False
