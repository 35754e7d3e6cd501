"""A PBX is judged by what it tells: one thing wrong is one finding, a refusal leaves the rest."""

from typing import Any

import pytest

from kommutator.connectors.pbx.asterisk.examine import AsteriskExaminer
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.finding import PbxFacts
from kommutator.flows import check_pbx
from kommutator.kit.clock import SystemClock
from kommutator.kit.ids import SystemIds
from tests.support.doctor import HERE, NOW, fields_of, seen

SOUND = PbxFacts(
    version="22.10.1",
    may=frozenset(
        {
            "Originate",
            "Hangup",
            "Status",
            "CoreShowChannels",
            "Ping",
            "Redirect",
            "QueuePause",
            "QueueStatus",
            "Setvar",
            "ShowDialPlan",
            "PJSIPShowEndpoints",
        }
    ),
    clock=NOW.timestamp(),
    contexts=frozenset({"click2call", "kommutator-take"}),
    stamps=True,
    channelvars=frozenset({"GW_CALL_ID", "GW_DIR", "GW_CLIENT", "GW_LINE", "GW_RECFILE"}),
    phones={"150": True, "151": True},
)


def with_facts(**changes: Any) -> PbxFacts:
    names = list(PbxFacts.__slots__)
    return PbxFacts(**{**{name: getattr(SOUND, name) for name in names}, **changes})


def pbx_account(**secrets: str) -> Account:
    kept = {"hook_secret": "x", "client_id": "y", **secrets}
    return Account(
        HERE, SystemIds().uuid(), ConnectionKind.ASTERISK, "PBX", "ami://pbx.example:5038",
        ConnectionStatus.ACTIVE, {}, {name: text for name, text in kept.items() if text},
    )  # fmt: skip


def judged(facts: PbxFacts, account: Account | None = None) -> dict[str, tuple[str, str]]:
    found = check_pbx.judge(
        account or pbx_account(), None, facts, {"150", "151"}, now=NOW.timestamp()
    )
    return seen(found)


def test_a_sound_pbx_is_green() -> None:
    found = judged(SOUND)
    assert found.pop("pbx_link") == ("fail", "not_held")
    assert set(found.values()) == {("ok", "ok")}
    assert len(found) == 7


@pytest.mark.parametrize(
    ("check", "found", "changes"),
    [
        ("pbx_rights", ("fail", "missing"), {"may": SOUND.may - {"Originate"}}),
        ("pbx_rights", ("warn", "partly"), {"may": SOUND.may - {"QueuePause"}}),
        ("pbx_clock", ("fail", "far"), {"clock": NOW.timestamp() + 300}),
        ("pbx_clock", ("skipped", "not_told"), {"clock": None}),
        ("pbx_dialplan", ("fail", "no_click"), {"contexts": frozenset({"kommutator-take"})}),
        ("pbx_dialplan", ("warn", "no_take"), {"contexts": frozenset({"click2call"})}),
        ("pbx_dialplan", ("skipped", "not_allowed"), {"contexts": None}),
        ("pbx_events", ("warn", "no_variables"), {"channelvars": frozenset({"GW_DIR"})}),
        ("pbx_events", ("warn", "no_stamps"), {"stamps": False}),
        ("pbx_phones", ("warn", "away"), {"phones": {"150": True, "151": False}}),
        ("pbx_phones", ("warn", "unknown"), {"phones": {"150": True}}),
    ],
)
def test_one_thing_wrong_with_a_pbx(
    check: str, found: tuple[str, str], changes: dict[str, Any]
) -> None:
    assert judged(with_facts(**changes))[check] == found


def test_a_pbx_that_refuses_leaves_the_rest_unseen() -> None:
    found = judged(PbxFacts(trouble="Authentication failed", refused=True))
    assert found["pbx_login"] == ("fail", "refused")
    assert found["pbx_rights"] == found["pbx_phones"] == ("skipped", "no_session")
    assert judged(SOUND, pbx_account(hook_secret=""))["pbx_secret"] == ("fail", "missing")


async def test_nobody_at_the_pbxs_address() -> None:
    account = pbx_account(ami_user="u", ami_secret="s" * 12)
    nobody = Account(**{**fields_of(account), "base_url": "ami://127.0.0.1:1"})
    facts = await AsteriskExaminer(clock=SystemClock()).examine(nobody, ["click2call"])
    assert judged(facts)["pbx_login"] == ("fail", "away")
