CREATE TABLE person (
    id TEXT NOT NULL, family TEXT, family_fold TEXT, given TEXT, born TEXT, sex TEXT, nationalities TEXT,
    caveat TEXT, originator TEXT
);
CREATE TABLE person_document (person_id TEXT NOT NULL, seq INTEGER NOT NULL, country TEXT, number TEXT);
CREATE TABLE lookout (
    id TEXT NOT NULL, person_id TEXT NOT NULL, refer INTEGER, code TEXT, reason TEXT, expires TEXT, caveat TEXT, originator TEXT
);
CREATE TABLE file (
    file_no TEXT NOT NULL, person_id TEXT NOT NULL, action TEXT, date TEXT, section TEXT, value TEXT, caveat TEXT
);
CREATE TABLE sltd (country TEXT NOT NULL, number TEXT NOT NULL, status TEXT NOT NULL);
