"""Check-up of an enterprise's PBX: the link, the rights, the dialplan, the phones."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from kommutator.domain.connection import Account, ConnectionStatus
from kommutator.domain.finding import Finding, PbxFacts, failed, fine, skipped, warned
from kommutator.flows.check_house import pbx_drift
from kommutator.store.views import ConnectionLine

TAKE: Final = "kommutator-take"
_NEEDED: Final = ("Originate", "Hangup", "Status", "CoreShowChannels", "Ping")
_WANTED: Final = (
    "Redirect",
    "QueuePause",
    "QueueStatus",
    "Setvar",
    "ShowDialPlan",
    "PJSIPShowEndpoints",
)
_VARIABLES: Final = frozenset({"GW_CALL_ID", "GW_DIR", "GW_CLIENT", "GW_LINE", "GW_RECFILE"})
_ALL: Final = (
    "pbx_link",
    "pbx_login",
    "pbx_rights",
    "pbx_clock",
    "pbx_dialplan",
    "pbx_events",
    "pbx_phones",
    "pbx_secret",
)


def absent() -> list[Finding]:
    """No PBX is connected: one line says so, the others have nothing to look at."""
    return [skipped("pbx_link", "not_connected"), *(skipped(check) for check in _ALL[1:])]


def contexts_of(account: Account) -> tuple[str, ...]:
    """The contexts that must or should be in the dialplan."""
    return (str(account.config.get("context") or "click2call"), TAKE)


def judge(
    account: Account,
    line: ConnectionLine | None,
    facts: PbxFacts,
    extensions: Collection[str],
    *,
    now: float,
) -> list[Finding]:
    """Everything about one PBX. `now`: our clock when the PBX told its own, epoch seconds."""
    found = [_link(account, line), _secret(account)]
    if facts.trouble is not None:
        word = "refused" if facts.refused else "away"
        if facts.blind:
            word = "ssh"
        reason = facts.trouble.removeprefix("the PBX does not answer: ")  # our words say that
        found.append(failed("pbx_login", word, reason=reason, address=account.base_url))
        return found + [skipped(check, "no_session") for check in _ALL[2:-1]]
    if facts.blind:
        found.append(fine("pbx_login", "ssh_ok", version=facts.version or "Asterisk"))
        return found + [skipped(check, "by_ssh") for check in _ALL[2:-1]]
    clock = (
        skipped("pbx_clock", "not_told")
        if facts.clock is None
        else pbx_drift("pbx_clock", facts.clock - now)
    )
    return [
        *found,
        fine("pbx_login", version=facts.version or "Asterisk"),
        _rights(facts),
        clock,
        _dialplan(account, facts),
        _events(facts),
        _phones(facts, extensions),
    ]


def _link(account: Account, line: ConnectionLine | None) -> Finding:
    if account.status is not ConnectionStatus.ACTIVE:
        return warned("pbx_link", "off")
    if line is None or not line.owned:
        return failed("pbx_link", "not_held")
    failing = line.last_error_at is not None and (
        line.last_success_at is None or line.last_error_at > line.last_success_at
    )
    if failing:
        return failed("pbx_link", "down", reason=line.last_error or "")
    return fine("pbx_link")


def _secret(account: Account) -> Finding:
    names = ("hook_secret", "client_id")
    missing = [name for name in names if not account.secrets.get(name)]
    if missing:
        return failed("pbx_secret", "missing", names=", ".join(missing))
    return fine("pbx_secret")


def _rights(facts: PbxFacts) -> Finding:
    needed = [action for action in _NEEDED if action not in facts.may]
    wanted = [action for action in _WANTED if action not in facts.may]
    if needed:
        return failed("pbx_rights", "missing", actions=", ".join([*needed, *wanted]))
    if wanted:
        return warned("pbx_rights", "partly", actions=", ".join(wanted))
    return fine("pbx_rights")


def _dialplan(account: Account, facts: PbxFacts) -> Finding:
    if facts.contexts is None:
        return skipped("pbx_dialplan", "not_allowed")
    click, take = contexts_of(account)
    if click not in facts.contexts:
        return failed("pbx_dialplan", "no_click", context=click)
    if take not in facts.contexts:
        return warned("pbx_dialplan", "no_take", context=take)
    return fine("pbx_dialplan", contexts=f"{click}, {take}")


def _events(facts: PbxFacts) -> Finding:
    if facts.channelvars is None or facts.stamps is None:
        return skipped("pbx_events", "not_allowed")
    missing = sorted(_VARIABLES - facts.channelvars)
    if missing:
        return warned("pbx_events", "no_variables", names=", ".join(missing))
    if not facts.stamps:
        return warned("pbx_events", "no_stamps")
    return fine("pbx_events")


def _phones(facts: PbxFacts, extensions: Collection[str]) -> Finding:
    if facts.phones is None:
        return skipped("pbx_phones", "not_allowed")
    if not extensions:
        return warned("pbx_phones", "no_extensions")
    unknown = sorted(number for number in extensions if number not in facts.phones)
    away = sorted(number for number in extensions if facts.phones.get(number) is False)
    there = len(extensions) - len(unknown) - len(away)
    if unknown:
        return warned("pbx_phones", "unknown", numbers=_few(unknown), there=there)
    if away:
        return warned("pbx_phones", "away", numbers=_few(away), there=there)
    return fine("pbx_phones", there=there)


def _few(numbers: Sequence[str], most: int = 8) -> str:
    return ", ".join(numbers[:most]) + (" …" if len(numbers) > most else "")
