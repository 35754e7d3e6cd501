-- Linking a phone: which page watches it, and what a salon's vendor was told of its messenger.

-- One code, one screen: whoever opened the page last watches, the one before is told and let go.
CREATE TABLE whatsapp_watchers (
    enterprise    text NOT NULL,
    connection_id uuid NOT NULL,
    watcher       uuid NOT NULL,
    since         timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (enterprise, connection_id),
    FOREIGN KEY (enterprise, connection_id) REFERENCES connections (enterprise, id)
);

-- The vendor's own reminders leave through us while it believes that our channel works.
ALTER TABLE yclients_salons
    ADD COLUMN channel_told    boolean,                          -- NULL: nothing since it connected
    ADD COLUMN channel_tries   int NOT NULL DEFAULT 0,
    ADD COLUMN channel_next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD COLUMN channel_lost_at timestamptz;                      -- since when it comes back by itself
