-- Customs: cargo control (cargo), release (rlse) and code lists (ref).
DROP SCHEMA IF EXISTS cargo CASCADE;
DROP SCHEMA IF EXISTS rlse CASCADE;
DROP SCHEMA IF EXISTS ref CASCADE;
CREATE SCHEMA cargo;
CREATE SCHEMA rlse;
CREATE SCHEMA ref;

CREATE TABLE ref.port_loc (port_no char(4) NOT NULL, unlocode varchar(5), port_nm varchar(40));
CREATE TABLE ref.cbsa_off (off_cd varchar(4) NOT NULL, off_nm_e varchar(60), off_nm_f varchar(60), unlocode varchar(5));

CREATE TABLE cargo.ccd_hdr (
    ccd_id bigint NOT NULL,
    rec_typ char(1) NOT NULL,              -- C cargo control document, H house bill
    del_flg char(1) NOT NULL,              -- N or blank live, Y deleted
    ccn_nbr char(25) NOT NULL,
    ucr_nbr varchar(35),
    trn_mod char(1),
    mst_bl_awb varchar(35),
    port_lad_no char(4),
    port_arr_no char(4),
    off_cd varchar(4),                     -- without leading zeros
    eta_dt char(8),                        -- yyyyMMdd, America/Toronto
    eta_tm char(4),                        -- HHmm
    arr_ts timestamp,
    upd_ts timestamp,
    grs_wt numeric(14, 3),
    pkg_ct integer,
    carr_cd varchar(4),
    carr_nm varchar(60),
    imp_nm varchar(80),
    imp_bn varchar(15),
    imp_ctry char(3),
    exp_nm varchar(80),
    exp_bn varchar(15),
    exp_ctry char(3),
    cne_nm varchar(80),
    cne_bn varchar(15),
    cne_ctry char(3),
    vsl_nm varchar(40),
    vsl_imo varchar(7),
    flt_nbr varchar(8),
    vsl_flag varchar(2),
    hld_flg char(1) NOT NULL,              -- Y while the newest status is H
    sts_cd char(1)                         -- the newest status, S where it is seized; the history has them all
);
CREATE TABLE cargo.ccd_sts_hist (
    ccd_id bigint NOT NULL, sts_seq smallint NOT NULL, sts_ts timestamp NOT NULL, sts_cd char(1) NOT NULL, seiz_flg char(1) NOT NULL
);
CREATE TABLE cargo.ccd_eqp (
    ccd_id bigint NOT NULL, eqp_seq smallint NOT NULL, eqp_nbr char(16), iso_typ varchar(4), seal_lst varchar(80)
);
CREATE TABLE cargo.trgt_rslt (
    ccn_nbr char(25) NOT NULL, asmt_ts timestamp NOT NULL, rsk_scr smallint, rsk_bnd char(1), rule_arr text[]
);
CREATE TABLE cargo.evt (
    evt_yr smallint NOT NULL,
    evt_seq integer NOT NULL,
    evt_typ char(3) NOT NULL,              -- HLD hold, EXM examination, NTE note
    sub_typ char(1),
    ccn_nbr char(25) NOT NULL,
    scope_cd char(1),
    rsn_cd varchar(6),
    beg_ts timestamp,
    end_ts timestamp,
    mv_flg char(1),
    port_no char(4),
    eqp_nbr char(16),
    rslt_txt varchar(80)
);
CREATE TABLE cargo.seiz (
    seiz_nbr varchar(12) NOT NULL, sts_cd varchar(4) NOT NULL, seiz_ts timestamp, act_ref varchar(40), file_nbr varchar(20),
    seiz_val numeric(14, 2), doc_ctry varchar(3), doc_nbr char(12), ccn_nbr char(25)
);

CREATE TABLE rlse.b3_hdr (
    txn_nbr char(19) NOT NULL,             -- 14 digits, or 19 with the version
    ver_nbr smallint NOT NULL,
    b3_typ varchar(2),
    drctn char(1),
    imp_nm varchar(80),
    imp_bn varchar(15),
    brk_nm varchar(80),
    brk_bn varchar(15),
    off_cd varchar(4),
    acpt_ts timestamp,
    inv_amt bigint,                        -- cents
    inv_cur varchar(3),
    inco_cd varchar(3),
    ccn_nbr char(25)
);
CREATE TABLE rlse.b3_line (
    txn_nbr char(19) NOT NULL,
    ver_nbr smallint NOT NULL,
    line_nbr smallint NOT NULL,
    hs_cd varchar(12),
    gds_desc varchar(80),
    org_ctry char(3),
    qty numeric(14, 3),
    uom_cd varchar(3),
    cst_val bigint,                        -- cents of CAD
    gtin varchar(14),
    lot_nbr varchar(20),
    un_nbr varchar(4),
    attrs jsonb
);
CREATE TABLE rlse.b3_vin (
    txn_nbr char(19) NOT NULL, ver_nbr smallint NOT NULL, line_nbr smallint NOT NULL, vin_seq smallint NOT NULL, vin varchar(17)
);
CREATE TABLE rlse.b3_lpco (
    txn_nbr char(19) NOT NULL, ver_nbr smallint NOT NULL, line_nbr smallint NOT NULL, lpco_seq smallint NOT NULL,
    lpco_agy char(2), lpco_nbr char(20)
);
CREATE TABLE rlse.b3_ogd (txn_nbr char(19) NOT NULL, line_nbr smallint, ogd_cd char(2) NOT NULL);
CREATE TABLE rlse.rlse_dcsn (txn_nbr char(19) NOT NULL, dcsn_ts timestamp NOT NULL, dcsn_cd varchar(2) NOT NULL, rsn_cd varchar(6));
