"""From the form of unasked messages to their rules. Pure."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import FormData

from kommutator.domain.outreach.wanted import OutreachKind
from kommutator.doors.console.assistant_form import number


def read(sent: FormData) -> dict[str, Any]:
    """As they are given. The messengers come in the order that they have on the page."""
    wanted = {str(one) for one in sent.getlist("kind")}
    return {
        "on": sent.get("on") == "1",
        "hours": {"begin": str(sent.get("begin") or ""), "end": str(sent.get("end") or "")},
        "order": [str(one) for one in sent.getlist("order")],
        "caps": {
            "per_day": number(sent.get("per_day")),
            "new_per_day": number(sent.get("new_per_day")),
        },
        "first_contact": sent.get("first_contact") == "1",
        "off": [kind.value for kind in OutreachKind if kind.value not in wanted],
    }
