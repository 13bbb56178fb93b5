CREATE UNIQUE INDEX client_uci ON client (uci_key);
CREATE INDEX client_name ON client (surname_fold, dob);
CREATE INDEX document_no ON document (no, country);
CREATE INDEX document_uci ON document (uci_key);
CREATE UNIQUE INDEX application_no ON application (no);
CREATE INDEX application_uci ON application (uci_key, no);
