"""What the contract leaves open about hooks, the marketplace and the operator's channel.

Shares are 0…1 of all deliveries; seconds before a delivery run on the twin's clock, seconds of
patience for an answer are real.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from kommutator.twins.switchboard import SwitchBoard


@dataclass
class HookSwitches(SwitchBoard):
    """Part of the twin's switches."""

    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "user_data_shape": ("live", "official"),
        "redirect_salons": ("plain", "numbered"),
        "operator_params": ("list", "object"),
        "operator_kind": ("channel", "type"),
    }

    # Hooks about entities (§1.10): 0 sends at once.
    hook_delay_seconds: float = 5.0
    hook_answer_seconds: float = 15.0
    # One source knows no retries; another two, 1.5 s apart, after silence, 429 and 5xx.
    hook_retries: int = 0
    hook_retry_seconds: float = 1.5
    hook_loss: float = 0.0
    hook_duplicate: float = 0.0
    hook_reorder: float = 0.0
    # Whether what the application's own system user changes comes back to it as a hook.
    hook_self_echo: bool = True
    hook_freeze_stops: bool = True
    # Altegio tells of schedules too, without data.
    hook_schedule: bool = False
    # Lifecycle bodies to the Callback Url (§1.11).
    lifecycle_retries: int = 0
    lifecycle_retry_seconds: float = 60.0
    lifecycle_loss: float = 0.0
    lifecycle_duplicate: float = 0.0
    # Whether a partner that uninstalls by itself hears of it too.
    lifecycle_echo: bool = True
    # Altegio's event `payment`.
    lifecycle_payment: bool = False
    # Connect (§1.11): one hour in the papers, 12 h and 7 d in newer code of Altegio.
    activation_seconds: int = 3600
    # `salon_ids[]=` or `salon_ids[0]=`, and whether `+` of user_data reaches us as a space.
    redirect_salons: str = "plain"
    redirect_plus_to_space: bool = False
    # A single salon of a multi-branch application: `salon_id`, or a list of one.
    redirect_single_as_list: bool = False
    user_data_shape: str = "live"
    # What a repeated callback is answered with.
    repeat_callback_status: int = 422
    # `callback/redirect`: 301 here, 200 at Altegio.
    callback_redirect_status: int = 301
    freeze_stops_api: bool = False
    # Telephony (§1.8).
    voip_bad_token_status: int = 403
    # Messages through an operator (§1.9).
    operator_params: str = "list"
    operator_kind: str = "channel"
    operator_answer_seconds: float = 15.0
    # Whether the salons' own reminders leave by themselves when their time comes.
    reminders: bool = True
