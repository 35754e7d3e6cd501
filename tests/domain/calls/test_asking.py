"""Rules that depend on whether the CRM knows the client wait for the CRM's answer."""

from dataclasses import replace
from datetime import timedelta

from kommutator.domain.calls.call import Call
from kommutator.domain.calls.decide import decide
from kommutator.domain.calls.memory import Told
from kommutator.domain.calls.policy import read_policy
from kommutator.domain.commands import CallRecord, CreateCustomer, CreateTask
from tests.support.calls import NOW, events_of, only_call

RULES = [
    {"client": "new", "create": "customer"},
    {"client": "known", "result": "missed", "create": "task", "text": "Call back"},
]
POLICY = read_policy("crm", {"rules": RULES, "default_performer": "16"})


def missed() -> Call:
    return replace(only_call(events_of("inbound_caller_gave_up")), ended_at=NOW)


def test_the_record_does_not_wait_but_the_rules_do() -> None:
    told = Told()
    first = decide(missed(), told, POLICY, NOW)
    assert [type(owed.command) for owed in first.owed] == [CallRecord]
    assert first.look_again == NOW + timedelta(seconds=2)

    then = decide(missed(), told, POLICY, NOW + timedelta(seconds=2), known=True)
    assert [type(owed.command) for owed in then.owed] == [CreateTask]
    assert then.look_again is None


def test_asking_becomes_rare_and_ends() -> None:
    told = Told()
    waits = [
        decide(missed(), told, POLICY, NOW + age).look_again
        for age in (timedelta(minutes=1), timedelta(hours=5))
    ]
    assert waits == [NOW + timedelta(minutes=2), NOW + timedelta(hours=5, minutes=15)]

    last = decide(missed(), told, POLICY, NOW + timedelta(hours=72))
    assert last.look_again is None
    # Creating a customer looks for itself first, so it is safe without an answer.
    assert [type(o.command) for o in last.owed] == [CreateCustomer]


def test_rules_that_do_not_ask_who_never_wait() -> None:
    policy = read_policy("crm", {"rules": [{"create": "task", "text": "x"}]})
    decision = decide(missed(), Told(), policy, NOW)
    assert [type(owed.command) for owed in decision.owed] == [CreateTask, CallRecord]
    assert decision.look_again is None
