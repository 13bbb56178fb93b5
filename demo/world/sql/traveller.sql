-- Traveller entry and exit. All times are UTC without a zone.
DROP SCHEMA IF EXISTS ee CASCADE;
CREATE SCHEMA ee;

CREATE TABLE ee.xing (
    xing_id bigint NOT NULL,
    xing_ts timestamp NOT NULL,
    drctn char(1) NOT NULL,
    poe_nbr varchar(4) NOT NULL,           -- port of entry, without leading zeros
    mod char(1),
    flt varchar(8),
    doc_typ varchar(2),
    doc_iss varchar(3),
    doc_nbr char(12),
    outcm varchar(12),
    rfrl_cd varchar(2),
    void_ind char(1) NOT NULL
);
CREATE TABLE ee.api_pnr (
    flt varchar(8) NOT NULL,
    flt_dt date NOT NULL,
    pax_seq integer NOT NULL,
    msg_seq smallint NOT NULL,             -- the newest message counts
    sta_ts timestamp,
    poe_nbr varchar(4),
    doc_iss varchar(3),
    doc_nbr char(12)
);
CREATE TABLE ee.pax_last (
    doc_iss varchar(3) NOT NULL,
    doc_nbr char(12) NOT NULL,
    surnm varchar(60),
    surnm_fold varchar(60),                -- A–Z only
    gvn_1 varchar(40),
    gvn_2 varchar(40),
    dob char(8),
    sex char(1),
    natl varchar(15)                       -- one or more codes, separated by /
);
