-- Schema 1. Times are milliseconds since 1970, UTC.
-- The tables *_data are the journal's own. People read the views: imports, orders, rows.

CREATE TABLE import_data ( -- The imports.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    token INTEGER NOT NULL,              -- Random; what minted states are made with.
    prefix TEXT NOT NULL,                -- What minted states begin with; the number of the row follows.
    created_at INTEGER NOT NULL,
    readings INTEGER NOT NULL DEFAULT 0, -- How often a manifest was read.
    keyed INTEGER NOT NULL DEFAULT 0,    -- Rows that have a key.
    had INTEGER NOT NULL DEFAULT 0,      -- Rows that the last manifest had, all states.
    invalid INTEGER NOT NULL DEFAULT 0,  -- Rows of the last manifest that break a limit.
    skipped INTEGER NOT NULL DEFAULT 0   -- Rows of the last manifest that it had before.
) STRICT;

CREATE TABLE order_data ( -- Orders: up to 100 rows that are sent in one request.
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    import INTEGER NOT NULL,             -- import_data.id
    state TEXT NOT NULL CHECK (state IN
        ('planned', 'sending', 'unknown', 'assumed', 'accepted', 'refused', 'split')),
    attempt INTEGER NOT NULL DEFAULT 0,  -- How often it was claimed.
    rows INTEGER NOT NULL,
    fetched INTEGER NOT NULL DEFAULT 0,  -- Of these rows, those whose video is there.
    failed INTEGER NOT NULL DEFAULT 0,   -- Of these rows, those that could not be fetched.
    depth INTEGER NOT NULL DEFAULT 0,    -- How often its rows were split.
    is_filling INTEGER NOT NULL,         -- 1 while rows of the manifest may be added: it is not sent yet.
    template TEXT NOT NULL,              -- The options of the request, JSON.
    signed_at INTEGER,                   -- When the last attempt was signed, by the provider's clock.
    since INTEGER,                       -- When the first attempt that may have been executed was signed.
    resent INTEGER NOT NULL DEFAULT 0,   -- How often it was planned again though an attempt may have been executed.
    settled_at INTEGER,
    code TEXT,                           -- The provider's refusal.
    message TEXT,
    first_look INTEGER,                  -- The first and the last complete look behind the fence.
    last_look INTEGER
) STRICT;
CREATE INDEX order_of_import ON order_data (import, number);
CREATE INDEX order_planned ON order_data (import, depth DESC, number)
    WHERE state = 'planned' AND is_filling = 0;
CREATE INDEX order_filling ON order_data (import, template) WHERE is_filling = 1;
CREATE INDEX order_doubtful ON order_data (import, number) WHERE since IS NOT NULL AND state <> 'accepted';

CREATE TABLE row_data ( -- The rows of manifests. A row's state is its verdict, or that of its order.
    number INTEGER PRIMARY KEY,
    import INTEGER NOT NULL,             -- import_data.id
    reading INTEGER NOT NULL,            -- The last reading whose manifest had the row.
    line INTEGER NOT NULL,               -- The row's line there.
    order_number INTEGER,                -- order_data.number; null for invalid and skipped rows.
    key BLOB,                            -- What makes it the same row; null for invalid and skipped rows.
    part INTEGER,                        -- The part of the index of keys.
    file_url TEXT NOT NULL,
    title TEXT NOT NULL,
    state TEXT,                          -- The manifest's own `state`; null where it is minted.
    verdict TEXT CHECK (verdict IN ('invalid', 'skipped', 'fetched', 'failed')),
    reason TEXT,
    vid TEXT,
    play_url TEXT,
    settled_at INTEGER,                  -- When the verdict was known.
    is_retried INTEGER                   -- 1 if it failed in an earlier order.
) STRICT;
CREATE UNIQUE INDEX row_by_key ON row_data (import, part, key) WHERE key IS NOT NULL;
CREATE INDEX row_of_order ON row_data (order_number) WHERE order_number IS NOT NULL;
CREATE INDEX row_bad ON row_data (import, verdict) WHERE verdict IN ('invalid', 'skipped', 'failed');

CREATE TABLE video_data ( -- Videos that the provider showed.
    import INTEGER NOT NULL,             -- import_data.id
    vid TEXT NOT NULL,
    title TEXT NOT NULL,
    created_at INTEGER NOT NULL,         -- By the provider's clock.
    play_url TEXT,
    is_tied INTEGER NOT NULL DEFAULT 0,  -- 1 when rows account for it.
    row_number INTEGER,                  -- The row that it is of, where that is certain.
    PRIMARY KEY (import, vid)
) STRICT, WITHOUT ROWID;
CREATE INDEX video_untied ON video_data (import, title) WHERE is_tied = 0;

CREATE VIEW rows AS -- All rows with their outcomes; times in UTC.
    SELECT r.number, i.name AS import, r.line, r.file_url, r.title,
        CASE WHEN r.order_number IS NULL THEN r.state ELSE coalesce(r.state, i.prefix || r.number) END AS state,
        coalesce(r.verdict, o.state) AS outcome,
        coalesce(r.reason, o.code || ': ' || o.message) AS reason,
        r.vid, r.play_url, r.order_number,
        strftime('%Y-%m-%dT%H:%M:%SZ', o.signed_at / 1000, 'unixepoch') AS sent_at,
        strftime('%Y-%m-%dT%H:%M:%SZ', coalesce(r.settled_at, o.settled_at) / 1000, 'unixepoch') AS settled_at
    FROM row_data r JOIN import_data i ON i.id = r.import LEFT JOIN order_data o ON o.number = r.order_number;

CREATE VIEW orders AS -- All orders; times in UTC.
    SELECT o.number, i.name AS import, o.state, o.attempt, o.rows, o.fetched, o.failed, o.depth, o.template,
        o.code, o.message,
        strftime('%Y-%m-%dT%H:%M:%SZ', o.signed_at / 1000, 'unixepoch') AS sent_at,
        strftime('%Y-%m-%dT%H:%M:%SZ', o.settled_at / 1000, 'unixepoch') AS settled_at
    FROM order_data o JOIN import_data i ON i.id = o.import;

CREATE VIEW imports AS -- All imports with the count of their rows by state; times in UTC.
    SELECT i.name, i.invalid, i.skipped,
        coalesce(sum(o.rows) FILTER (WHERE o.state = 'planned'), 0) AS planned,
        coalesce(sum(o.rows) FILTER (WHERE o.state = 'sending'), 0) AS sending,
        coalesce(sum(o.rows) FILTER (WHERE o.state = 'unknown'), 0) AS unknown,
        coalesce(sum(o.rows) FILTER (WHERE o.state = 'assumed'), 0) AS assumed,
        coalesce(sum(o.rows - o.fetched - o.failed) FILTER (WHERE o.state = 'accepted'), 0) AS accepted,
        coalesce(sum(o.rows - o.fetched - o.failed) FILTER (WHERE o.state = 'refused'), 0) AS refused,
        coalesce(sum(o.fetched), 0) AS fetched,
        coalesce(sum(o.failed), 0) AS failed,
        strftime('%Y-%m-%dT%H:%M:%SZ', i.created_at / 1000, 'unixepoch') AS created_at
    FROM import_data i LEFT JOIN order_data o ON o.import = i.id GROUP BY i.id;
