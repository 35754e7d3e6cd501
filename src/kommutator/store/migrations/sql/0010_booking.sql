-- Wishes to book on their way to a salon. A wish holds its time before anybody asks the vendor, so
-- that of many who want one start only one is sent; and it is here before the request leaves, so
-- that a visit whose answer was lost is found again by our mark.
-- Times of visits are the salon's own, without a zone.

CREATE TABLE salon_bookings (
    id             uuid PRIMARY KEY,
    enterprise     text NOT NULL,
    connection_id  uuid NOT NULL,
    api_id         text NOT NULL,                               -- our mark on the visit
    staff_id       bigint NOT NULL,
    starts_at      timestamp NOT NULL,
    ends_at        timestamp NOT NULL,
    service_ids    bigint[] NOT NULL,
    guest          jsonb NOT NULL,                              -- phone, name, email
    comment        text NOT NULL DEFAULT '',
    state          text NOT NULL DEFAULT 'held'
                   CHECK (state IN ('held', 'asked', 'unsure', 'made', 'refused', 'dropped')),
    reason         text,                                        -- why refused: slug without `booking_`
    record_id      bigint,                                      -- at the vendor
    made_by        text NOT NULL DEFAULT '',                    -- who asked, as the audit log shows it
    looked         int NOT NULL DEFAULT 0,                      -- how often an unsure one was looked for
    due_at         timestamptz,                                 -- of an unsure one: look again
    created_at     timestamptz NOT NULL DEFAULT now(),
    settled_at     timestamptz,
    CHECK (ends_at > starts_at),
    FOREIGN KEY (enterprise, connection_id) REFERENCES connections ON DELETE CASCADE
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX salon_bookings_open ON salon_bookings (enterprise, connection_id, staff_id, starts_at)
    WHERE state IN ('held', 'asked', 'unsure', 'made');
CREATE INDEX salon_bookings_mark ON salon_bookings (enterprise, connection_id, api_id);
CREATE INDEX salon_bookings_due ON salon_bookings (due_at)
    WHERE state IN ('held', 'asked', 'unsure');
CREATE INDEX salon_bookings_past ON salon_bookings (created_at);
