-- Messages nobody asked for: who does not want any, what is due, what became of it.

-- A person is a number, or a chat whose number nobody told: 'chat:<connection>:<chat>'.
CREATE TABLE consents (
    enterprise     text NOT NULL REFERENCES enterprises(number),
    subject        text NOT NULL,
    opted_out      boolean NOT NULL,
    source         text NOT NULL,                               -- chat, staff, api
    by             text NOT NULL,                               -- whoever wrote it down; of a chat: its messenger
    at             timestamptz NOT NULL,
    PRIMARY KEY (enterprise, subject)
);

-- What was ever said about it: kept as a proof.
CREATE TABLE consent_changes (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enterprise     text NOT NULL REFERENCES enterprises(number),
    subject        text NOT NULL,
    opted_out      boolean NOT NULL,
    source         text NOT NULL,
    by             text NOT NULL,
    at             timestamptz NOT NULL
);
CREATE INDEX consent_changes_of ON consent_changes (enterprise, subject, id);

-- The kill switch. No connection: all of the enterprise; enterprise '': everybody's.
CREATE TABLE outreach_pauses (
    enterprise     text NOT NULL,
    connection_id  uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    reason         text NOT NULL,                               -- slug: by_hand, failures, restricted, banned
    by             text NOT NULL,
    since          timestamptz NOT NULL,
    resumed_at     timestamptz,                                 -- NULL: it holds
    PRIMARY KEY (enterprise, connection_id)
);

CREATE TABLE outreach (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enterprise     text NOT NULL REFERENCES enterprises(number),
    salon          uuid NOT NULL,
    phone          text NOT NULL,                               -- E.164; '': only this chat
    client_name    text NOT NULL,
    kind           text NOT NULL,
    text           text NOT NULL,
    about          text NOT NULL,
    once           text NOT NULL,
    service        boolean NOT NULL,                            -- false: advertising
    only_connection uuid,                                       -- a message that may go to one chat only
    only_chat      text,
    due_at         timestamptz NOT NULL,
    not_after      timestamptz NOT NULL,
    state          text NOT NULL DEFAULT 'queued' CHECK (state IN (
                       'queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'dropped')),
    reason         text,                                        -- slug: why it waits, or was not sent
    created_at     timestamptz NOT NULL,
    settled_at     timestamptz,
    owner          uuid,                                        -- who looks at it now
    lease_until    timestamptz,
    UNIQUE (enterprise, once)
);
CREATE INDEX outreach_ends ON outreach (not_after) WHERE state = 'queued';
CREATE INDEX outreach_page ON outreach (enterprise, id DESC);
CREATE INDEX outreach_about ON outreach (enterprise, about) WHERE state IN ('queued', 'sending');
CREATE INDEX outreach_phone ON outreach (enterprise, phone) WHERE state IN ('queued', 'sending');

-- One message at one messenger.
CREATE TABLE outreach_tries (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enterprise     text NOT NULL,
    outreach       bigint NOT NULL REFERENCES outreach ON DELETE CASCADE,
    connection_id  uuid NOT NULL,
    kind           text NOT NULL,                               -- of the messenger
    chat_id        text NOT NULL,
    is_new         boolean NOT NULL,                            -- nobody had written in that chat before
    outbox_id      bigint,
    state          text NOT NULL DEFAULT 'sending' CHECK (state IN (
                       'sending', 'sent', 'delivered', 'read', 'failed', 'fell_over')),
    reason         text,
    at             timestamptz NOT NULL,                        -- when it was owed
    settled_at     timestamptz,
    heard          boolean NOT NULL DEFAULT false               -- its chat knows something new of it
);
CREATE INDEX outreach_tries_of ON outreach_tries (outreach);
CREATE INDEX outreach_tries_number ON outreach_tries (enterprise, connection_id, at DESC);
CREATE UNIQUE INDEX outreach_tries_outbox ON outreach_tries (outbox_id) WHERE outbox_id IS NOT NULL;
CREATE INDEX outreach_tries_overdue ON outreach_tries (at) WHERE state IN ('sending', 'sent');
CREATE INDEX outreach_tries_heard ON outreach_tries (id) WHERE heard;
CREATE INDEX outreach_tries_pending ON outreach_tries (enterprise, connection_id) WHERE state = 'sending';
CREATE INDEX outreach_due_of ON outreach (enterprise, due_at, id) WHERE state = 'queued';

ALTER TABLE chat_messages ADD COLUMN reason text;                -- slug: why it was not sent

-- Whoever learns what became of a message writes it into its chat; we look after it from there.
CREATE FUNCTION outreach_hears() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE outreach_tries SET heard = true WHERE outbox_id = NEW.outbox_id AND NOT heard;
    RETURN NULL;
END $$;
CREATE TRIGGER outreach_hears AFTER UPDATE OF state ON chat_messages FOR EACH ROW
    WHEN (NEW.outbox_id IS NOT NULL AND NEW.state IS DISTINCT FROM OLD.state)
    EXECUTE FUNCTION outreach_hears();
