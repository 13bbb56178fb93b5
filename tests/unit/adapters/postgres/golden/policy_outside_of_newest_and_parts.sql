SELECT json_agg(answer.c0) AS c0
FROM (SELECT CAST(t0.ccn_nbr AS text) AS c0
FROM cargo.ccd_hdr AS t0 LEFT OUTER JOIN LATERAL (SELECT p1.sts_cd AS sts_cd, p1.seiz_flg AS seiz_flg
FROM cargo.ccd_sts_hist AS p1
WHERE p1.ccd_id = t0.ccd_id ORDER BY p1.sts_ts DESC, p1.sts_seq DESC
 LIMIT 1) AS j2 ON true
WHERE t0.rec_typ = 'C' AND (t0.del_flg = 'N' OR t0.del_flg = '') AND true AND CAST(CASE WHEN (j2.seiz_flg = 'Y') THEN 'SEIZED' WHEN (j2.sts_cd = 'P') THEN 'PRE_ARRIVAL' WHEN (j2.sts_cd = 'A') THEN 'ARRIVED' WHEN (j2.sts_cd = 'R') THEN 'UNDER_REVIEW' WHEN (j2.sts_cd = 'H') THEN 'HELD' WHEN (j2.sts_cd = 'X') THEN 'EXAMINED' WHEN (j2.sts_cd = 'L') THEN 'RELEASED' WHEN (j2.sts_cd = 'F') THEN 'REFUSED' END AS text) = CAST($1 AS text) AND (EXISTS (SELECT 1
FROM rlse.b3_hdr AS t3
WHERE t3.ccn_nbr = t0.ccn_nbr AND NOT (EXISTS (SELECT 1
FROM rlse.b3_hdr AS t4
WHERE left(regexp_replace(t4.txn_nbr, '[^0-9]', '', 'g'), 14) = left(regexp_replace(t3.txn_nbr, '[^0-9]', '', 'g'), 14) AND (t4.ver_nbr, t4.ctid) > (t3.ver_nbr, t3.ctid))) AND t3.imp_bn = CAST($2 AS text))) AND ((EXISTS (SELECT 1
FROM cargo.ccd_eqp AS c5
WHERE c5.ccd_id = t0.ccd_id AND (upper(regexp_replace(c5.eqp_nbr, '[^0-9A-Za-z]', '', 'g')) LIKE CAST($3 AS text)))) IS NOT true)) AS answer
  $1 = 'HELD' (status eq)
  $2 = :bn (importer.businessNumber eq)
  $3 = :prefix (containers.number startsWith)
