"""From the fields of an amoCRM account's settings to its config. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kommutator.connectors.crm.amocrm.config import MissedOwner, Unknown
from kommutator.domain.mapping import validated
from kommutator.doors.console import settings_form
from kommutator.doors.console.connections import event_flags
from kommutator.kit.errors import InvalidInput
from kommutator.kit.given import whole

UNKNOWN_IN: Sequence[str] = tuple(Unknown)
UNKNOWN_OUT: Sequence[str] = tuple(word for word in Unknown if word is not Unknown.UNSORTED)
MISSED_OWNERS: Sequence[str] = tuple(MissedOwner)
_USER, _NEW_USER = "user-", "new-user-"
_SPARE = 3
_LONGEST_TEXT = 500


def read_settings(sent: Mapping[str, str]) -> dict[str, Any]:
    """What the form says, whole.

    Raises:
        InvalidInput: `extension_invalid`, `extension_taken`, `crm_user_invalid`, `line_invalid`,
            `rule_due_invalid`, `amocrm_stage_invalid`.
    """
    return {
        "events": event_flags(sent),
        "user_extensions": validated(_mapping(sent)),
        "unknown_number": {
            "in": _choice(sent.get("unknown_in"), UNKNOWN_IN, Unknown.CONTACT),
            "out": _choice(sent.get("unknown_out"), UNKNOWN_OUT, Unknown.CONTACT),
        },
        "missed_owner": _choice(sent.get("missed_owner"), MISSED_OWNERS, MissedOwner.CLIENT_OWNER),
        "default_user": sent.get("default_user", "").strip() or None,
        "lead": _lead(sent),
        "task": _task(sent),
        "rules": settings_form.rules(sent),
        "popup_everybody": bool(sent.get("popup_everybody")),
        "recordings": bool(sent.get("recordings")),
    }


def _mapping(sent: Mapping[str, str]) -> dict[str, str]:
    """`user-<id>` → extension; for accounts whose users we may not read, typed pairs."""
    found = {
        name.removeprefix(_USER): number.strip()
        for name, number in sent.items()
        if name.startswith(_USER)
    }
    for index in range(_SPARE):
        user = sent.get(f"{_NEW_USER}{index}", "").strip()
        number = sent.get(f"new-extension-{index}", "").strip()
        if user and number:
            found[user] = number
    return found


def _lead(sent: Mapping[str, str]) -> dict[str, Any] | None:
    """`stage` is "pipeline:status" or empty: where the account puts leads by itself."""
    stage = sent.get("stage", "")
    if not stage:
        return None
    pipeline, _, status = stage.partition(":")
    ids = whole(pipeline), whole(status)
    if None in ids:
        raise InvalidInput("amocrm_stage_invalid")
    return {"pipeline_id": ids[0], "status_id": ids[1]}


def _task(sent: Mapping[str, str]) -> dict[str, Any] | None:
    text, due = sent.get("task_text", "").strip()[:_LONGEST_TEXT], sent.get("task_due", "").strip()
    minutes = whole(due) if due else None
    if due and minutes is None:
        raise InvalidInput("rule_due_invalid", due=due[:20])
    task = {"text": text or None, "due_minutes": minutes}
    return {key: value for key, value in task.items() if value is not None} or None


def _choice(given: str | None, words: Sequence[str], default: str) -> str:
    return given if given is not None and given in words else default
