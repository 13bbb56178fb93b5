"""Every table of the world with its columns, in the order in which rows are made."""

# Columns many to a line, as one reads a table.
POSTGRES: dict[str, dict[str, tuple[str, ...]]] = {
    "customs": {
        "ref.port_loc": ("port_no", "unlocode", "port_nm"),
        "ref.cbsa_off": ("off_cd", "off_nm_e", "off_nm_f", "unlocode"),
        "cargo.ccd_hdr": (
            "ccd_id", "rec_typ", "del_flg", "ccn_nbr", "ucr_nbr", "trn_mod", "mst_bl_awb", "port_lad_no",
            "port_arr_no", "off_cd",
            "eta_dt", "eta_tm", "arr_ts", "upd_ts", "grs_wt", "pkg_ct", "carr_cd", "carr_nm", "imp_nm", "imp_bn",
            "imp_ctry",
            "exp_nm", "exp_bn", "exp_ctry", "cne_nm", "cne_bn", "cne_ctry", "vsl_nm", "vsl_imo", "flt_nbr",
            "vsl_flag", "hld_flg", "sts_cd",
        ),
        "cargo.ccd_sts_hist": ("ccd_id", "sts_seq", "sts_ts", "sts_cd", "seiz_flg"),
        "cargo.ccd_eqp": ("ccd_id", "eqp_seq", "eqp_nbr", "iso_typ", "seal_lst"),
        "cargo.trgt_rslt": ("ccn_nbr", "asmt_ts", "rsk_scr", "rsk_bnd", "rule_arr"),
        "cargo.evt": (
            "evt_yr", "evt_seq", "evt_typ", "sub_typ", "ccn_nbr", "scope_cd", "rsn_cd", "beg_ts", "end_ts",
            "mv_flg", "port_no",
            "eqp_nbr", "rslt_txt",
        ),
        "cargo.seiz": ("seiz_nbr", "sts_cd", "seiz_ts", "act_ref", "file_nbr", "seiz_val", "doc_ctry", "doc_nbr",
        "ccn_nbr"),
        "rlse.b3_hdr": (
            "txn_nbr", "ver_nbr", "b3_typ", "drctn", "imp_nm", "imp_bn", "brk_nm", "brk_bn", "off_cd", "acpt_ts",
            "inv_amt", "inv_cur",
            "inco_cd", "ccn_nbr",
        ),
        "rlse.b3_line": (
            "txn_nbr", "ver_nbr", "line_nbr", "hs_cd", "gds_desc", "org_ctry", "qty", "uom_cd", "cst_val", "gtin",
            "lot_nbr", "un_nbr",
            "attrs",
        ),
        "rlse.b3_vin": ("txn_nbr", "ver_nbr", "line_nbr", "vin_seq", "vin"),
        "rlse.b3_lpco": ("txn_nbr", "ver_nbr", "line_nbr", "lpco_seq", "lpco_agy", "lpco_nbr"),
        "rlse.b3_ogd": ("txn_nbr", "line_nbr", "ogd_cd"),
        "rlse.rlse_dcsn": ("txn_nbr", "dcsn_ts", "dcsn_cd", "rsn_cd"),
    },
    "traveller": {
        "ee.xing": (
            "xing_id", "xing_ts", "drctn", "poe_nbr", "mod", "flt", "doc_typ", "doc_iss", "doc_nbr", "outcm",
            "rfrl_cd", "void_ind",
        ),
        "ee.api_pnr": ("flt", "flt_dt", "pax_seq", "msg_seq", "sta_ts", "poe_nbr", "doc_iss", "doc_nbr"),
        "ee.pax_last": ("doc_iss", "doc_nbr", "surnm", "surnm_fold", "gvn_1", "gvn_2", "dob", "sex", "natl"),
    },
    "trade_controls": {
        "lic.permit": ("id", "permit_no", "permit_type", "state", "holder_name", "holder_bn", "eff_date",
        "exp_date", "deleted_at"),
        "lic.permit_origin": ("permit_id", "country"),
        "lic.permit_line": ("permit_id", "line_no", "hs_prefix", "qty_auth", "qty_rsvd", "qty_used", "uom"),
        "lic.release_check": ("transaction_no", "line_no", "outcome", "reason", "checked_at"),
    },
}  # fmt: skip

SQLITE: dict[str, dict[str, int]] = {
    "revenue": {"account": 4, "assessment": 5, "line": 8},
    "immigration": {"client": 8, "document": 5, "application": 7},
    "food": {"commodity": 3, "permit": 10, "permit_line": 7, "decision": 5, "hold": 10, "inspection": 6},
    "police": {"person": 9, "person_document": 4, "lookout": 8, "file": 7, "sltd": 3},
}

Row = tuple[object, ...]
"""None is NULL; in PostgreSQL rows so is the empty string (a blank is one space)."""


class Batch:
    """Rows of one chunk, by agency and table."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], list[Row]] = {}

    def table(self, agency: str, table: str) -> list[Row]:
        """The list to append rows of `table` to."""
        return self.rows.setdefault((agency, table), [])
