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
AMOCRM_HEARD = Gauge(
    "kommutator_amocrm_hooks_decided", "Notices of hooks decided upon, since connecting"
)
AMOCRM_REREAD = Counter(
    "kommutator_amocrm_cards_reread", "Cards read because somebody told of them"
)
AMOCRM_WANTED = Gauge("kommutator_amocrm_wanted", "Cards told of and not yet read, all tenants")
AMOCRM_LAG = Gauge(
    "kommutator_amocrm_copy_lag_seconds", "Age of the oldest news not yet in the copy, seconds"
)
AMOCRM_HOOKS_OFF = Gauge(
    "kommutator_amocrm_hooks_off", "Working connections whose CRM does not call us"
)
AMOCRM_MISSED = Gauge(
    "kommutator_amocrm_hooks_missed", "News that no hook had brought, since connecting"
)
AMOCRM_CARDS = Gauge("kommutator_amocrm_cards", "Cards in the copies, estimated by the database")
SALON_HEARD = Gauge(
    "kommutator_yclients_hooks_decided", "Notices of salons decided upon, since connecting"
)
SALON_REREAD = Counter(
    "kommutator_yclients_reread", "Visits, clients and lists read because somebody told of them"
)
WHATSAPP_SESSIONS = Gauge(
    "kommutator_whatsapp_sessions", "Phones linked or being linked, all tenants", ["state"]
)
BRIDGE_STARTS = Counter(
    "kommutator_whatsapp_bridge_starts", "Starts of this process's bridge to WhatsApp"
)
BRIDGE_LINES = Gauge(
    "kommutator_whatsapp_bridge_lines", "Sessions that this process's bridge holds"
)
BRIDGE_MEMORY = Gauge(
    "kommutator_whatsapp_bridge_memory_bytes", "Resident memory of this process's bridge"
)
CONNECTIONS = Gauge(
    "kommutator_connections", "Enterprises' connections, all tenants", ["kind", "status"]
)
TALKS_WAITING = Gauge("kommutator_talks_waiting", "Talks that wait for a person, all tenants")
TALKS_WAIT = Gauge(
    "kommutator_talks_wait_seconds", "How long the oldest of today's hand-overs waits, seconds"
)
SALON_WANTED = Gauge("kommutator_yclients_wanted", "Parts of salons told of and not yet read")
SALON_LAG = Gauge(
    "kommutator_yclients_copy_lag_seconds", "Age of the oldest news not yet in the copy, seconds"
)
SALON_HOOKS_OFF = Gauge("kommutator_yclients_hooks_off", "Working salons that do not call us")
SALON_MISSED = Gauge(
    "kommutator_yclients_hooks_missed", "News that no notice had brought, since connecting"
)
SALON_DRIFT = Gauge(
    "kommutator_yclients_copy_drift", "Rows that the last nightly readings had to put right"
)
SALON_VISITS = Gauge(
    "kommutator_yclients_visits", "Visits in the copies, estimated by the database"
)
CAMPAIGNS_HELD = Gauge("kommutator_campaigns_held", "Campaigns at work in this process")
CAMPAIGN_PLACED = Counter("kommutator_campaign_calls_placed", "Calls placed by campaigns")
CAMPAIGN_CALLS = Counter(
    "kommutator_campaign_calls", "Calls of campaigns by what came of them", ["result"]
)
CAMPAIGNS_LEFT = Counter(
    "kommutator_campaigns_left", "Campaigns that paused or finished by themselves", ["state"]
)
CAMPAIGN_PAGES = Counter("kommutator_campaign_lead_pages", "Pages of leads read for campaigns")
GRANTS = Gauge("kommutator_grants", "OAuth grants by kind of vendor and state", ["kind", "state"])
GRANTS_RENEWED = Counter("kommutator_grant_renewals", "Renewals of due tokens", ["outcome"])
YCLIENTS_DIFFERENCES = Counter(
    "kommutator_yclients_differences", "What the nightly look at salons put right", ["what"]
)
OUTREACH = Counter(
    "kommutator_outreach",
    "Looks at unasked messages, by kind and by what came of them: owed, dropped, or why they wait",
    ["kind", "outcome"],
)
OUTREACH_RECEIPTS = Counter(
    "kommutator_outreach_receipts",
    "What messengers told of unasked messages, by messenger and state",
    ["channel", "state"],
)
OUTREACH_FELL_OVER = Counter(
    "kommutator_outreach_fell_over", "Unasked messages handed on because they were not delivered"
)
OUTREACH_WAITING = Gauge("kommutator_outreach_waiting", "Unasked messages queued", ["kind"])
OUTREACH_PAUSES = Gauge(
    "kommutator_outreach_pauses", "Numbers and enterprises whose unasked messages are paused"
)
OUTREACH_LEFT = Gauge(
    "kommutator_outreach_allowance_left",
    "Unasked messages that all linked numbers together may still send today, before tenants' caps",
)

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
    CAMPAIGNS_HELD,
    CAMPAIGN_PLACED,
    CAMPAIGN_CALLS,
    CAMPAIGNS_LEFT,
    CAMPAIGN_PAGES,
    AMOCRM_HEARD,
    AMOCRM_REREAD,
    AMOCRM_WANTED,
    AMOCRM_LAG,
    AMOCRM_HOOKS_OFF,
    AMOCRM_MISSED,
    AMOCRM_CARDS,
    SALON_HEARD,
    SALON_REREAD,
    SALON_WANTED,
    WHATSAPP_SESSIONS,
    BRIDGE_STARTS,
    BRIDGE_LINES,
    BRIDGE_MEMORY,
    CONNECTIONS,
    TALKS_WAITING,
    TALKS_WAIT,
    SALON_LAG,
    SALON_HOOKS_OFF,
    SALON_MISSED,
    SALON_DRIFT,
    SALON_VISITS,
    GRANTS,
    GRANTS_RENEWED,
    YCLIENTS_DIFFERENCES,
    OUTREACH,
    OUTREACH_RECEIPTS,
    OUTREACH_FELL_OVER,
    OUTREACH_WAITING,
    OUTREACH_PAUSES,
    OUTREACH_LEFT,
)
"""For the registry of the process that runs an engine."""
