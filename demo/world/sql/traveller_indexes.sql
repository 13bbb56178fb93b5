ALTER TABLE ee.xing ADD PRIMARY KEY (xing_id);
CREATE INDEX ON ee.xing (doc_iss, doc_nbr, xing_ts);
CREATE INDEX ON ee.xing (poe_nbr, xing_ts, xing_id);
CREATE INDEX ON ee.xing (xing_ts, xing_id);
ALTER TABLE ee.api_pnr ADD PRIMARY KEY (flt, flt_dt, pax_seq, msg_seq);
CREATE INDEX ON ee.api_pnr (doc_iss, doc_nbr, sta_ts);
CREATE INDEX ON ee.api_pnr (poe_nbr, sta_ts);
CREATE INDEX ON ee.api_pnr (sta_ts);
-- Keys as texts, by code point: what crossings of both tables are merged by.
CREATE INDEX ON ee.api_pnr (flt COLLATE "C", flt_dt, (pax_seq::text) COLLATE "C");
CREATE INDEX ON ee.api_pnr (poe_nbr, flt COLLATE "C", flt_dt, (pax_seq::text) COLLATE "C");
ALTER TABLE ee.pax_last ADD PRIMARY KEY (doc_iss, doc_nbr);
CREATE INDEX ON ee.pax_last (surnm_fold text_pattern_ops, left(dob, 4));
CREATE INDEX ON ee.pax_last (left(dob, 4), surnm_fold text_pattern_ops);
