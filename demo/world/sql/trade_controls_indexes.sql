ALTER TABLE lic.permit ADD PRIMARY KEY (id);
CREATE INDEX ON lic.permit (permit_no);
CREATE INDEX ON lic.permit (holder_bn, exp_date, permit_no);
CREATE INDEX ON lic.permit (exp_date, permit_no);
ALTER TABLE lic.permit_origin ADD PRIMARY KEY (permit_id, country);
ALTER TABLE lic.permit_line ADD PRIMARY KEY (permit_id, line_no);
CREATE INDEX ON lic.permit_line (hs_prefix);
ALTER TABLE lic.release_check ADD PRIMARY KEY (transaction_no, line_no, checked_at);
CREATE INDEX ON lic.load_log (loaded_at);
