-- The auto-dialer: campaigns, whom they call, each call they placed, and who must never be called.

CREATE TABLE campaigns (
    enterprise   text NOT NULL REFERENCES enterprises(number),
    id           uuid NOT NULL,
    name         text NOT NULL,
    plan         jsonb NOT NULL,                                -- domain/campaigns/plan.py
    state        text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'running', 'paused', 'done')),
    reason       text,                                          -- slug: why paused or done
    created_at   timestamptz NOT NULL DEFAULT now(),
    created_by   text NOT NULL,
    started_at   timestamptz,
    ended_at     timestamptz,
    failures     int NOT NULL DEFAULT 0,                        -- calls in a row that came to nothing
    alone_since  timestamptz,                                   -- no agent is at work since
    deaf_since   timestamptz,                                   -- the PBX is away since
    next_at      timestamptz,                                   -- no call before this
    waits        text,                                          -- slug: why
    filling      jsonb,                                         -- how far leads of the CRM were read
    owner        uuid,                                          -- the process that dials, until lease_until
    fence        bigint NOT NULL DEFAULT 0,                     -- grows with each take-over
    lease_until  timestamptz,
    PRIMARY KEY (enterprise, id)
);
CREATE INDEX campaigns_at_work ON campaigns (enterprise, id) WHERE state = 'running';

CREATE TABLE campaign_items (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enterprise   text NOT NULL,
    campaign     uuid NOT NULL,
    phone        text NOT NULL CHECK (phone ~ '^\+[0-9]{5,15}$'),  -- E.164
    name         text,
    lead_id      bigint,                                        -- the CRM's
    time_zone    text,                                          -- told by the CRM or the list; else by the number
    state        text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'calling', 'done')),
    urgency      smallint NOT NULL DEFAULT 1,                   -- 0: was left waiting by us, comes first
    due_at       timestamptz NOT NULL DEFAULT 'epoch',           -- not before this; new ones at once
    waits        text,                                          -- slug: why not before due_at
    attempts     int NOT NULL DEFAULT 0,                        -- calls that count
    tries        int NOT NULL DEFAULT 0,                        -- all calls, those that never reached the client too
    outcome      text,                                          -- the last result; of `done` the final one
    last_call    text,
    last_at      timestamptz,
    UNIQUE (enterprise, campaign, phone),
    FOREIGN KEY (enterprise, campaign) REFERENCES campaigns (enterprise, id) ON DELETE CASCADE
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX campaign_items_next ON campaign_items (enterprise, campaign, urgency, due_at, id)
    WHERE state = 'waiting';
CREATE INDEX campaign_items_page ON campaign_items (enterprise, campaign, id);

CREATE TABLE campaign_attempts (
    enterprise   text NOT NULL,
    call_id      text NOT NULL,                                 -- ours, and so the PBX's
    campaign     uuid NOT NULL,
    item         bigint NOT NULL,
    phone        text NOT NULL,
    extension    text NOT NULL,                                 -- the agent who is reserved for it
    placed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    result       text,                                          -- NULL: under way
    reason       text,
    talk_s       int,
    ended_at     timestamptz,
    PRIMARY KEY (enterprise, call_id),
    FOREIGN KEY (enterprise, campaign) REFERENCES campaigns (enterprise, id) ON DELETE CASCADE
);
-- Whatever two processes believe: one call to a number, one call for an agent.
CREATE UNIQUE INDEX campaign_one_call_per_number ON campaign_attempts (enterprise, phone) WHERE result IS NULL;
CREATE UNIQUE INDEX campaign_one_call_per_agent ON campaign_attempts (enterprise, extension) WHERE result IS NULL;
CREATE INDEX campaign_attempts_going ON campaign_attempts (enterprise, campaign) WHERE result IS NULL;
CREATE INDEX campaign_attempts_number ON campaign_attempts (enterprise, phone, placed_at DESC);
CREATE INDEX campaign_attempts_agent ON campaign_attempts (enterprise, extension, ended_at DESC);
CREATE INDEX campaign_attempts_campaign ON campaign_attempts (enterprise, campaign, placed_at DESC);

CREATE TABLE do_not_call (
    enterprise   text NOT NULL REFERENCES enterprises(number),
    phone        text NOT NULL CHECK (phone ~ '^\+[0-9]{5,15}$'),
    note         text,
    added_by     text NOT NULL,
    added_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (enterprise, phone)
);
