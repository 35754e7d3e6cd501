"""What the engine counts. Labels are our own words only: no tenant, no vendor text."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

LANES_OWNED = Gauge("kommutator_lanes_owned", "Lanes this process owns", ["room"])
RUNNER_CRASHES = Counter("kommutator_runner_crashes", "Runners that raised", ["room"])
DECISIONS = Counter("kommutator_decisions", "Journal rows by verdict", ["verdict"])
ATTEMPTS = Counter("kommutator_attempts", "Attempts by kind and result", ["kind", "result"])
ATTEMPT_SECONDS = Histogram("kommutator_attempt_seconds", "Duration of attempts", ["kind"])
FINISHED = Counter("kommutator_commands_finished", "Commands that left the outbox", ["state"])
HUNG = Counter("kommutator_attempts_hung", "Calls that ignored their cancellation", ["kind"])
PARKED = Counter("kommutator_lanes_parked", "Lanes parked, by reason", ["reason"])
BUDGET_WAITS = Counter("kommutator_budget_waits", "Commands that had to wait for an allowance")
TIMERS_FIRED = Counter("kommutator_timers_fired", "Timers moved into the journal")
RETAINED = Counter("kommutator_rows_retired", "Rows deleted by retention", ["family"])
LOOKED_UP = Counter("kommutator_phone_book_look_ups", "Numbers a CRM was asked for")
BOOK_PAGES = Counter("kommutator_phone_book_pages", "Pages of clients read into the phone book")
RECORDINGS = Counter("kommutator_recordings", "Recordings by what became of them", ["outcome"])
BULK_ITEMS = Counter("kommutator_bulk_items", "Items of bulk writes by outcome", ["outcome"])

ALL = (
    LANES_OWNED,
    RUNNER_CRASHES,
    DECISIONS,
    ATTEMPTS,
    ATTEMPT_SECONDS,
    FINISHED,
    HUNG,
    PARKED,
    BUDGET_WAITS,
    TIMERS_FIRED,
    RETAINED,
    LOOKED_UP,
    BOOK_PAGES,
    RECORDINGS,
    BULK_ITEMS,
)
"""For the registry of the process that runs an engine."""
