-- Schema 1. Times are milliseconds since 1970, UTC.
-- The tables *_data are the journal's own. People read the views: imports, orders, rows.

CREATE TABLE import_data (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    token BIGINT NOT NULL,
    prefix TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    readings BIGINT NOT NULL DEFAULT 0,
    had BIGINT NOT NULL DEFAULT 0,
    invalid BIGINT NOT NULL DEFAULT 0,
    skipped BIGINT NOT NULL DEFAULT 0
);
COMMENT ON TABLE import_data IS 'The imports.';
COMMENT ON COLUMN import_data.token IS 'Random; what minted states are made with.';
COMMENT ON COLUMN import_data.prefix IS 'What minted states begin with; the number of the row follows.';
COMMENT ON COLUMN import_data.readings IS 'How often a manifest was read.';
COMMENT ON COLUMN import_data.had IS 'Rows that the last manifest had, all states.';

CREATE TABLE order_data (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    import BIGINT NOT NULL REFERENCES import_data (id) ON DELETE CASCADE,
    state TEXT NOT NULL CHECK (state IN
        ('planned', 'sending', 'unknown', 'assumed', 'accepted', 'refused', 'split')),
    attempt BIGINT NOT NULL DEFAULT 0,
    rows BIGINT NOT NULL,
    fetched BIGINT NOT NULL DEFAULT 0,
    failed BIGINT NOT NULL DEFAULT 0,
    depth BIGINT NOT NULL DEFAULT 0,
    is_filling BOOLEAN NOT NULL,
    template TEXT NOT NULL,
    signed_at BIGINT,
    since BIGINT,
    resent BIGINT NOT NULL DEFAULT 0,
    settled_at BIGINT,
    code TEXT,
    message TEXT,
    first_look BIGINT,
    last_look BIGINT
);
COMMENT ON TABLE order_data IS 'Orders: up to 100 rows that are sent in one request.';
COMMENT ON COLUMN order_data.attempt IS 'How often it was claimed.';
COMMENT ON COLUMN order_data.fetched IS 'Of its rows, those whose video is there.';
COMMENT ON COLUMN order_data.failed IS 'Of its rows, those that could not be fetched.';
COMMENT ON COLUMN order_data.depth IS 'How often its rows were split.';
COMMENT ON COLUMN order_data.is_filling IS 'Rows of the manifest may be added: it is not sent yet.';
COMMENT ON COLUMN order_data.template IS 'The options of the request, JSON.';
COMMENT ON COLUMN order_data.signed_at IS 'When the last attempt was signed, by the provider''s clock.';
COMMENT ON COLUMN order_data.since IS 'When the first attempt that may have been executed was signed.';
COMMENT ON COLUMN order_data.resent IS 'How often it was planned again though an attempt may have been executed.';
COMMENT ON COLUMN order_data.first_look IS 'The first complete look behind the fence.';
CREATE INDEX order_of_import ON order_data (import, number);
CREATE INDEX order_planned ON order_data (import, depth DESC, number) WHERE state = 'planned' AND NOT is_filling;
CREATE INDEX order_filling ON order_data (import) WHERE is_filling;
CREATE INDEX order_doubtful ON order_data (import, number) WHERE since IS NOT NULL AND state <> 'accepted';

CREATE SEQUENCE row_number;
CREATE TABLE row_data (
    number BIGINT PRIMARY KEY DEFAULT nextval('row_number'),
    import BIGINT NOT NULL REFERENCES import_data (id) ON DELETE CASCADE,
    reading BIGINT NOT NULL,
    line BIGINT NOT NULL,
    order_number BIGINT,
    key BYTEA,
    file_url TEXT NOT NULL,
    title TEXT NOT NULL,
    state TEXT,
    verdict TEXT CHECK (verdict IN ('invalid', 'skipped', 'fetched', 'failed')),
    reason TEXT,
    vid TEXT,
    play_url TEXT,
    settled_at BIGINT,
    is_retried BOOLEAN NOT NULL DEFAULT FALSE
);
COMMENT ON TABLE row_data IS 'The rows of manifests. A row''s state is its verdict, or that of its order.';
COMMENT ON COLUMN row_data.reading IS 'The last reading whose manifest had the row.';
COMMENT ON COLUMN row_data.order_number IS 'order_data.number; null for invalid and skipped rows.';
COMMENT ON COLUMN row_data.key IS 'What makes it the same row; null for invalid and skipped rows.';
COMMENT ON COLUMN row_data.state IS 'The manifest''s own `state`; null where it is minted.';
COMMENT ON COLUMN row_data.settled_at IS 'When the verdict was known.';
COMMENT ON COLUMN row_data.is_retried IS 'It failed in an earlier order.';
CREATE UNIQUE INDEX row_by_key ON row_data (import, key) WHERE key IS NOT NULL;
CREATE INDEX row_of_order ON row_data (order_number) WHERE order_number IS NOT NULL;
CREATE INDEX row_by_state ON row_data (state) WHERE order_number IS NOT NULL AND state IS NOT NULL;
CREATE INDEX row_bad ON row_data (import) WHERE verdict IN ('invalid', 'skipped', 'failed');
CREATE INDEX row_by_title ON row_data (title, import) WHERE order_number IS NOT NULL;
CREATE INDEX row_by_line ON row_data (import, line, number);

CREATE TABLE video_data (
    import BIGINT NOT NULL REFERENCES import_data (id) ON DELETE CASCADE,
    vid TEXT NOT NULL,
    title TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    play_url TEXT,
    is_tied BOOLEAN NOT NULL DEFAULT FALSE,
    row_number BIGINT,
    PRIMARY KEY (import, vid)
);
COMMENT ON TABLE video_data IS 'Videos that the provider showed.';
COMMENT ON COLUMN video_data.created_at IS 'By the provider''s clock.';
COMMENT ON COLUMN video_data.is_tied IS 'Rows account for it.';
COMMENT ON COLUMN video_data.row_number IS 'The row that it is of, where that is certain.';
CREATE INDEX video_untied ON video_data (import, title) WHERE NOT is_tied;

CREATE VIEW rows AS
    SELECT r.number, i.name AS import, r.line, r.file_url, r.title,
        CASE WHEN r.order_number IS NULL THEN r.state ELSE coalesce(r.state, i.prefix || r.number) END AS state,
        coalesce(r.verdict, o.state) AS outcome,
        coalesce(r.reason, o.code || ': ' || o.message) AS reason,
        r.vid, r.play_url, r.order_number,
        to_timestamp(o.signed_at / 1000.0) AS sent_at,
        to_timestamp(coalesce(r.settled_at, o.settled_at) / 1000.0) AS settled_at
    FROM row_data r JOIN import_data i ON i.id = r.import LEFT JOIN order_data o ON o.number = r.order_number;
COMMENT ON VIEW rows IS 'All rows with their outcomes.';

CREATE VIEW orders AS
    SELECT o.number, i.name AS import, o.state, o.attempt, o.rows, o.fetched, o.failed, o.depth, o.template,
        o.code, o.message,
        to_timestamp(o.signed_at / 1000.0) AS sent_at, to_timestamp(o.settled_at / 1000.0) AS settled_at
    FROM order_data o JOIN import_data i ON i.id = o.import;
COMMENT ON VIEW orders IS 'All orders.';

CREATE VIEW imports AS
    SELECT i.name, i.invalid, i.skipped,
        coalesce(sum(o.rows) FILTER (WHERE o.state = 'planned'), 0)::bigint AS planned,
        coalesce(sum(o.rows) FILTER (WHERE o.state = 'sending'), 0)::bigint AS sending,
        coalesce(sum(o.rows) FILTER (WHERE o.state = 'unknown'), 0)::bigint AS unknown,
        coalesce(sum(o.rows) FILTER (WHERE o.state = 'assumed'), 0)::bigint AS assumed,
        coalesce(sum(o.rows - o.fetched - o.failed) FILTER (WHERE o.state = 'accepted'), 0)::bigint AS accepted,
        coalesce(sum(o.rows - o.fetched - o.failed) FILTER (WHERE o.state = 'refused'), 0)::bigint AS refused,
        coalesce(sum(o.fetched), 0)::bigint AS fetched,
        coalesce(sum(o.failed), 0)::bigint AS failed,
        to_timestamp(i.created_at / 1000.0) AS created_at
    FROM import_data i LEFT JOIN order_data o ON o.import = i.id GROUP BY i.id;
COMMENT ON VIEW imports IS 'All imports with the count of their rows by state.';
