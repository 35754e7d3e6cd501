from kommutator.kit.describe import (
    cut,
    describe_answer,
    describe_request,
    describe_silence,
    mask,
)
from kommutator.kit.errors import Stage
from kommutator.kit.http import Answer, WireError


def test_secrets_are_masked_wherever_they_stand() -> None:
    described = describe_request(
        "POST",
        "https://crm.example/api?apiKey=fake-key-1",
        params=[("apiKey", "fake-key-1")],
        form=[("module", '{"clientId":"fake-client-1"}'), ("x", "y")],
        secrets=["fake-key-1", "fake-client-1"],
    )
    assert described == {
        "method": "POST",
        "url": "https://crm.example/api?apiKey=***",
        "query": {"apiKey": "***"},
        "form": {"module": '{"clientId":"***"}', "x": "y"},
    }


def test_a_secret_inside_a_longer_one_leaves_no_rest() -> None:
    assert mask("abcd-efgh", ["abcd", "abcd-efgh"]) == "***"


def test_short_values_are_not_secrets() -> None:
    assert mask("a=1", ["1", ""]) == "a=1"


def test_bodies_are_cut() -> None:
    answer = Answer(200, {}, b"x" * 100_000, 1.0)
    described = describe_answer(answer)
    assert described["status"] == 200
    assert described["body"] == "x" * 2000 + "… (8000 characters)"
    assert cut("short") == "short"


def test_silence() -> None:
    assert describe_silence(WireError(Stage.SENT, "timeout")) == {
        "stage": "sent",
        "reason": "timeout",
    }
    assert describe_silence(WireError(Stage.ANSWERED, "too_large", 200))["status"] == 200
