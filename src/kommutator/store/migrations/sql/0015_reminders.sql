-- What we asked clients by ourselves, what they answered, and words to those who have not come.

-- Open from the moment it was owed to a messenger until it is answered, or means nothing any more.
CREATE TABLE chat_questions (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enterprise     text NOT NULL,
    connection_id  uuid NOT NULL,
    chat_id        text NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('reminder', 'review')),
    salon          uuid NOT NULL,
    record_id      bigint NOT NULL,
    phone          text NOT NULL,
    visit_start    timestamp NOT NULL,                           -- the salon's time
    asked_at       timestamptz NOT NULL,
    open_until     timestamptz NOT NULL,
    closed_at      timestamptz,
    FOREIGN KEY (enterprise, connection_id, chat_id)
        REFERENCES chats (enterprise, connection_id, chat_id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX chat_questions_open ON chat_questions (enterprise, connection_id, chat_id, id DESC)
    WHERE closed_at IS NULL;
CREATE INDEX chat_questions_visit ON chat_questions (enterprise, salon, record_id) WHERE closed_at IS NULL;
CREATE INDEX chat_questions_lately ON chat_questions (enterprise, phone, asked_at) WHERE kind = 'review';
CREATE INDEX chat_questions_old ON chat_questions (asked_at);

-- One for each visit; a second answer to the same question takes the place of the first.
CREATE TABLE reviews (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enterprise     text NOT NULL REFERENCES enterprises(number),
    salon          uuid NOT NULL,
    record_id      bigint NOT NULL,
    staff_id       bigint,
    phone          text,
    client_name    text,
    stars          smallint NOT NULL CHECK (stars BETWEEN 1 AND 5),
    words          text NOT NULL DEFAULT '',
    connection_id  uuid NOT NULL,
    chat_id        text NOT NULL,
    at             timestamptz NOT NULL,
    UNIQUE (enterprise, salon, record_id)
);
CREATE INDEX reviews_page ON reviews (enterprise, id DESC);
CREATE INDEX outreach_win_back ON outreach (enterprise, phone, created_at) WHERE kind = 'win_back';

ALTER TABLE salons ADD COLUMN currency text NOT NULL DEFAULT '';   -- sign of its prices
