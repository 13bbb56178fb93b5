CREATE TABLE client (
    uci_key TEXT NOT NULL, uci TEXT NOT NULL, surname TEXT, surname_fold TEXT, given TEXT, dob TEXT, gender TEXT, citizenships TEXT
);
CREATE TABLE document (uci_key TEXT NOT NULL, type TEXT, country TEXT, no TEXT, expiry TEXT);
CREATE TABLE application (
    no TEXT NOT NULL, uci_key TEXT NOT NULL, line TEXT, status TEXT, valid_from TEXT, valid_to TEXT, conditions TEXT
);
