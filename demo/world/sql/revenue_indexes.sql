CREATE UNIQUE INDEX account_bn ON account (bn15);
CREATE UNIQUE INDEX assessment_txn ON assessment (txn, version);
CREATE UNIQUE INDEX line_txn ON line (txn, version, line_no);
