-- Language models that tenants connect, what they cost, and what they did.

-- One per enterprise. Its settings may be shown, its key may not.
CREATE TABLE language_models (
    enterprise text PRIMARY KEY,
    settings   jsonb NOT NULL,                                   -- domain/assistant/model.py: ModelSettings
    sealed_key jsonb,                                            -- NULL: it wants none
    version    bigint NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- A day is the database's, in UTC.
CREATE TABLE language_model_days (
    enterprise text NOT NULL,
    day        date NOT NULL,
    turns      int NOT NULL DEFAULT 0,
    tokens_in  bigint NOT NULL DEFAULT 0,
    tokens_out bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (enterprise, day)
);

ALTER TABLE turns ADD COLUMN trace jsonb;                        -- what a model was told and did, masked
