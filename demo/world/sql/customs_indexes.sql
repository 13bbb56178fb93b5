-- What the agency's own screens need; built after the load.
ALTER TABLE ref.port_loc ADD PRIMARY KEY (port_no);
ALTER TABLE ref.cbsa_off ADD PRIMARY KEY (off_cd);
ALTER TABLE cargo.ccd_hdr ADD PRIMARY KEY (ccd_id);
CREATE INDEX ON cargo.ccd_hdr (ccn_nbr);
CREATE INDEX ON cargo.ccd_hdr (ccn_nbr bpchar_pattern_ops);
-- Newest first, as lists are unless they say otherwise; ties by number.
CREATE INDEX ON cargo.ccd_hdr (eta_dt DESC, eta_tm DESC, ccn_nbr);
CREATE INDEX ON cargo.ccd_hdr (port_arr_no, eta_dt DESC, eta_tm DESC, ccn_nbr);
CREATE INDEX ON cargo.ccd_hdr (imp_bn, eta_dt DESC, eta_tm DESC, ccn_nbr);
CREATE INDEX ON cargo.ccd_hdr (carr_cd, eta_dt DESC, eta_tm DESC, ccn_nbr);
CREATE INDEX ON cargo.ccd_hdr (arr_ts DESC, ccn_nbr);
CREATE INDEX ON cargo.ccd_hdr (port_arr_no, arr_ts DESC, ccn_nbr);
CREATE INDEX ON cargo.ccd_hdr (hld_flg DESC, eta_dt, eta_tm, ccn_nbr);
CREATE INDEX ON cargo.ccd_hdr (port_arr_no, hld_flg DESC, eta_dt, eta_tm, ccn_nbr);
CREATE INDEX ON cargo.ccd_hdr (sts_cd, eta_dt DESC, eta_tm DESC, ccn_nbr);
CREATE INDEX ON cargo.ccd_hdr (port_arr_no, sts_cd, eta_dt DESC, eta_tm DESC, ccn_nbr);
-- Arrivals that are no date come first there: few, found by themselves.
CREATE INDEX ON cargo.ccd_hdr (port_arr_no, ccn_nbr) WHERE (
    eta_dt ~ '^[0-9]{4}((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)|02(0[1-9]|[12][0-9])) *$'
    AND eta_tm ~ '^([01][0-9]|2[0-3])[0-5][0-9] *$'
) IS NOT TRUE;
CREATE INDEX ON cargo.ccd_hdr (ccn_nbr) WHERE (
    eta_dt ~ '^[0-9]{4}((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)|02(0[1-9]|[12][0-9])) *$'
    AND eta_tm ~ '^([01][0-9]|2[0-3])[0-5][0-9] *$'
) IS NOT TRUE;
-- That condition once for the planner, who else tries both patterns on the statistics of the columns, for each branch.
CREATE STATISTICS cargo.ccd_hdr_eta ON (
    eta_dt ~ '^[0-9]{4}((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)|02(0[1-9]|[12][0-9])) *$'
    AND eta_tm ~ '^([01][0-9]|2[0-3])[0-5][0-9] *$'
) FROM cargo.ccd_hdr;
-- Live control documents: counted without reading them.
CREATE INDEX ON cargo.ccd_hdr (port_arr_no, ccn_nbr) WHERE rec_typ = 'C' AND (del_flg = 'N' OR del_flg = '');
CREATE INDEX ON cargo.ccd_hdr (sts_cd, port_arr_no) WHERE rec_typ = 'C' AND (del_flg = 'N' OR del_flg = '');
-- A few importers have most of the shipments: expect many rows, and read them in order rather than sort them.
ALTER TABLE cargo.ccd_hdr ALTER COLUMN imp_bn SET (n_distinct = 200);
-- The newest status without reading its row.
ALTER TABLE cargo.ccd_sts_hist ADD PRIMARY KEY (ccd_id, sts_ts, sts_seq) INCLUDE (sts_cd, seiz_flg);
ALTER TABLE cargo.ccd_eqp ADD PRIMARY KEY (ccd_id, eqp_seq);
CREATE INDEX ON cargo.ccd_eqp (upper(regexp_replace(eqp_nbr, '[^0-9A-Za-z]', '', 'g')));
ALTER TABLE cargo.trgt_rslt ADD PRIMARY KEY (ccn_nbr, asmt_ts);
ALTER TABLE cargo.evt ADD PRIMARY KEY (evt_yr, evt_seq);
CREATE INDEX ON cargo.evt (ccn_nbr, evt_typ);
CREATE INDEX ON cargo.evt (evt_typ, beg_ts, evt_yr, evt_seq);
CREATE INDEX ON cargo.evt (evt_typ, port_no, beg_ts);
CREATE INDEX ON cargo.evt (evt_typ, port_no, beg_ts) WHERE end_ts IS NULL;
CREATE INDEX ON cargo.evt (upper(regexp_replace(eqp_nbr, '[^0-9A-Za-z]', '', 'g')));
ALTER TABLE cargo.seiz ADD PRIMARY KEY (seiz_nbr);
CREATE INDEX ON cargo.seiz (doc_ctry, doc_nbr);
ALTER TABLE rlse.b3_hdr ADD PRIMARY KEY (txn_nbr, ver_nbr);
CREATE INDEX ON rlse.b3_hdr (left(regexp_replace(txn_nbr, '[^0-9]', '', 'g'), 14), ver_nbr DESC);
CREATE INDEX ON rlse.b3_hdr (ccn_nbr);
CREATE INDEX ON rlse.b3_hdr (imp_bn);
ALTER TABLE rlse.b3_line ADD PRIMARY KEY (txn_nbr, ver_nbr, line_nbr);
CREATE INDEX ON rlse.b3_line (left(regexp_replace(txn_nbr, '[^0-9]', '', 'g'), 14), line_nbr, ver_nbr DESC);
ALTER TABLE rlse.b3_vin ADD PRIMARY KEY (txn_nbr, ver_nbr, line_nbr, vin_seq);
ALTER TABLE rlse.b3_lpco ADD PRIMARY KEY (txn_nbr, ver_nbr, line_nbr, lpco_seq);
CREATE INDEX ON rlse.b3_lpco (upper(regexp_replace(lpco_nbr, '[^0-9A-Za-z]', '', 'g')));
CREATE INDEX ON rlse.b3_ogd (left(regexp_replace(txn_nbr, '[^0-9]', '', 'g'), 14), ogd_cd);
CREATE INDEX ON rlse.rlse_dcsn (left(regexp_replace(txn_nbr, '[^0-9]', '', 'g'), 14), dcsn_ts DESC);
