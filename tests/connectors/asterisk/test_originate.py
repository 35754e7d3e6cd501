"""Nothing but checked values reaches the PBX."""

from typing import Any

import pytest

from kommutator.connectors.pbx.asterisk.errors import InvalidField
from kommutator.connectors.pbx.asterisk.originate import cancel, look_up, originate
from kommutator.domain.commands import CancelCall, OriginateCall


def click(**changes: Any) -> OriginateCall:
    return OriginateCall(
        **{
            "call_id": "kmt-1",
            "extension": "150",
            "client": "+375000000070",
            "line": "+375000000001",
            "requested_by": "anna",
            **changes,
        }
    )


def test_the_whole_action() -> None:
    assert originate(click(), {"originate_timeout_s": 25}) == [
        ("Action", "Originate"),
        ("Channel", "PJSIP/150"),
        ("Context", "click2call"),
        ("Exten", "+375000000070"),
        ("Priority", "1"),
        ("CallerID", '"+375000000070" <+375000000070>'),
        ("Timeout", "25000"),
        ("ChannelId", "kmt-1"),
        ("Async", "true"),
        ("Variable", "__GW_CALL_ID=kmt-1"),
        ("Variable", "__GW_DIR=out"),
        ("Variable", "__GW_CLIENT=+375000000070"),
        ("Variable", "__GW_LINE=+375000000001"),
    ]


def test_the_client_first() -> None:
    """The dialplan dials the client; who picks up is connected with the employee."""
    ring = click(client_first=True, client_ring_s=25, agent_ring_s=15)
    assert originate(ring, {}) == [
        ("Action", "Originate"),
        ("Channel", "Local/+375000000070@click2call"),
        ("Application", "Dial"),
        ("Data", "PJSIP/150,15,tT"),
        ("CallerID", '"+375000000070" <+375000000070>'),
        ("Timeout", "25000"),
        ("OtherChannelId", "kmt-1-2"),
        ("ChannelId", "kmt-1"),
        ("Async", "true"),
        ("Variable", "__GW_CALL_ID=kmt-1"),
        ("Variable", "__GW_DIR=out"),
        ("Variable", "__GW_CLIENT=+375000000070"),
        ("Variable", "__GW_LINE=+375000000001"),
        ("Variable", "__GW_AGENT=150"),
    ]
    # Without a company number the client must not be shown as calling himself.
    assert ("CallerID", '"150" <150>') in originate(click(client_first=True, line=None), {})


@pytest.mark.parametrize("client_first", [False, True])
@pytest.mark.parametrize(
    "changes",
    [
        {"client": "+375000000070,1,System(rm)"},
        {"client": "150&PJSIP/+79990000000@trunk"},
        {"client": "anonymous"},
        {"client": ""},
        {"client": "+3750000000701234567"},
        {"client": "٣٧٥٠٠٠٠٠٠٠٧٠"},
        {"client": "+375000000070\n"},
        {"extension": "150@other"},
        {"extension": "15x"},
        {"extension": "1"},
        {"line": "+375;x"},
        {"call_id": "a/b"},
        {"call_id": None},
    ],
)
def test_what_is_no_number_is_refused(changes: dict[str, Any], *, client_first: bool) -> None:
    with pytest.raises(InvalidField):
        originate(click(client_first=client_first, **changes), {})


@pytest.mark.parametrize("config", [{"context": "a,b"}, {"technology": "PJSIP/1&Local"}])
def test_a_config_cannot_smuggle_either(config: dict[str, Any]) -> None:
    with pytest.raises(InvalidField):
        originate(click(), config)


@pytest.mark.parametrize(
    ("configured", "ms"), [(None, "20000"), (0.1, "1000"), (999, "120000"), ("x", "20000")]
)
def test_the_ring_time_stays_reasonable(configured: Any, ms: str) -> None:
    assert ("Timeout", ms) in originate(click(), {"originate_timeout_s": configured})


def test_cancelling_and_looking_up_name_our_own_id() -> None:
    assert cancel(CancelCall(call_id="kmt-1")) == [
        ("Action", "Hangup"),
        ("Channel", "kmt-1"),
        ("Cause", "16"),
    ]
    assert look_up("kmt-1") == [("Action", "Status"), ("Channel", "kmt-1")]
    with pytest.raises(InvalidField):
        cancel(CancelCall(call_id="/PJSIP.*/"))  # Asterisk would take it for a pattern
