"""What the contract leaves open about webhooks and telephony, and the knobs of bad weather."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from kommutator.twins.switchboard import SwitchBoard


@dataclass
class HookSwitches(SwitchBoard):
    """Part of the twin's switches; shares are 0…1 of all deliveries."""

    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {"unsorted_client_number": ("phone", "from")}

    # `account[…]` stands first since 2025, in 2018-2021 it came last.
    hook_account_first: bool = True
    # All changes of one request travel in one POST, or each in its own.
    hook_gather: bool = True
    # Attempts 4 and 5 after any bad answer, not only after 499 and 5xx.
    hook_retry_always: bool = False
    # What two seconds of silence count as: 499 earns attempts 4 and 5, 0 does not.
    hook_timeout_status: int = 499
    # Whether X-Amocrm-Requestid is the same in all attempts of one delivery.
    hook_same_request_id: bool = False
    # Whether posting a switched-off webhook anew switches it on.
    hook_repost_enables: bool = True
    # `leads[update]` with old_status_id when a stage changed.
    hook_update_old_status: bool = False
    # A contact's old owner as it was, or (capture of 2025) equal to the present one.
    hook_old_owner_is_current: bool = False
    # Every single value bare, as in the papers' oldest example.
    hook_bare_fields: bool = False
    # What an unknown setting is answered with.
    webhook_bad_setting_status: int = 422
    hook_loss: float = 0.0
    hook_duplicate: float = 0.0
    hook_reorder: float = 0.0
    # Seconds of the twin's clock before the first attempt.
    hook_delay_seconds: float = 0.0
    # Telephony.
    calls_uniq_is_unique: bool = False
    # Which of the two contradictory fields of unsorted calls is the client's number.
    unsorted_client_number: str = "phone"
