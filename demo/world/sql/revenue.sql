CREATE TABLE account (bn15 TEXT NOT NULL, legal_name TEXT, country TEXT, pip_status TEXT);
CREATE TABLE assessment (txn TEXT NOT NULL, version INTEGER NOT NULL, currency TEXT, due TEXT, state TEXT);
CREATE TABLE line (
    txn TEXT NOT NULL, version INTEGER NOT NULL, line_no INTEGER NOT NULL,
    treatment TEXT, duty TEXT, excise TEXT, gst TEXT, total TEXT
);
