CREATE TABLE commodity (code TEXT NOT NULL, hs TEXT NOT NULL, name TEXT);
CREATE TABLE permit (
    no_key TEXT NOT NULL, no TEXT NOT NULL, kind TEXT, state TEXT, suspended INTEGER NOT NULL,
    holder_name TEXT, holder_bn TEXT, valid_from TEXT, expiry TEXT, origins TEXT
);
CREATE TABLE permit_line (
    no_key TEXT NOT NULL, n INTEGER NOT NULL, commodity TEXT, unit TEXT, qty TEXT, reserved TEXT, used TEXT
);
CREATE TABLE decision (txn TEXT NOT NULL, line INTEGER NOT NULL, decision TEXT, reason TEXT, decided_at TEXT);
CREATE TABLE hold (
    id TEXT NOT NULL, ccn TEXT, scope TEXT, lot TEXT, reason TEXT, placed TEXT, lifted TEXT, may_move INTEGER,
    unlocode TEXT, container TEXT
);
CREATE TABLE inspection (id TEXT NOT NULL, ccn TEXT, kind TEXT, unlocode TEXT, at TEXT, result TEXT);
