SELECT CAST(t0.ccn_nbr AS text) AS "t0.ccn_nbr", CAST(t0.eta_dt AS text) AS "t0.eta_dt", CAST(t0.eta_tm AS text) AS "t0.eta_tm"
FROM cargo.ccd_hdr AS t0
WHERE t0.rec_typ = 'C' AND (t0.del_flg = 'N' OR t0.del_flg = '') AND t0.ccn_nbr = ANY (CAST($1 AS bpchar[]))
  $1 = :keys (ccn in)
