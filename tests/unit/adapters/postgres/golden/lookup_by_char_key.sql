SELECT json_agg(answer.c0) AS c0, json_agg(answer.c1) AS c1, json_agg(answer.c2) AS c2
FROM (SELECT CAST(t0.ccn_nbr AS text) AS c0, CAST(t0.eta_dt AS text) AS c1, CAST(t0.eta_tm AS text) AS c2
FROM cargo.ccd_hdr AS t0
WHERE t0.rec_typ = 'C' AND (t0.del_flg = 'N' OR t0.del_flg = '') AND t0.ccn_nbr = ANY (CAST($1 AS bpchar[]))) AS answer
  $1 = :keys (ccn in)
