"""What the contract does not settle ("UNDOCUMENTED", "(live)", "switch"), and knobs.

Defaults are the likelier reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from kommutator.twins.yclients.hook_switches import HookSwitches


@dataclass
class Switches(HookSwitches):
    """One twin's answers to open questions."""

    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **HookSwitches.CHOICES,
        "rate_reply": ("json", "html", "empty"),
        "other_accept": ("bare", "refuse"),
        "code_place": ("meta.code", "meta.errors.code", "errors.code", "code", "none"),
        "hidden_phones": ("empty", "absent", "masked"),
        "dates": ("iso", "unix"),
        "datetime_offset": ("right", "standard", "today"),
        "created_record": ("object", "array"),
        "changed_zone": ("branch", "utc"),
        "attendance_of": ("visit", "record"),
    }

    # Pace (§1.1): of one IP address, whatever salon it asks about.
    rate_limits: bool = True
    rate_per_second: int = 5
    rate_per_minute: int = 200
    # Whether a refused request brings the next refusal nearer.
    refused_counts: bool = True
    rate_reply: str = "json"
    # Seconds in Retry-After; 0 leaves the header out.
    rate_retry_after: int = 0
    # Authorization (§1.1, §1.12-1).
    no_partner_status: int = 401
    no_user_status: int = 401
    # "Bearer p,u" without the word User, which live parsers are said to forgive.
    lax_authorization: bool = False
    other_accept: str = "bare"
    # Live: a DELETE was answered with "Недопустимый формат запроса"; perhaps it announced JSON
    # and sent none.
    empty_json_refused: bool = False
    # Shapes (§1.2, §1.4, §1.5).
    type_noise: bool = True
    hidden_phones: str = "empty"
    code_place: str = "meta.code"
    dates: str = "iso"
    datetime_offset: str = "right"
    created_record: str = "object"
    book_record_bare: bool = False
    # Booking (§1.4).
    busy_status: int = 422
    email_required: bool = False
    reschedule_needs_user: bool = False
    licence_stops_booking: bool = True
    # The length of a slot when no service is named.
    default_seance_seconds: int = 1800
    # Lists (§1.5).
    records_count_most: int = 300
    changed_zone: str = "branch"
    # Whether `PUT /visits` marks all records of the visit or the named one.
    attendance_of: str = "visit"
