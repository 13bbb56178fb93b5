SELECT json_agg(answer.c0) AS c0, json_agg(answer.c1) AS c1
FROM (SELECT CAST(merged7.ccn_nbr AS text) AS c0, CAST(merged7.sts_cd AS text) AS c1
FROM (SELECT page6.ccn_nbr AS ccn_nbr, page6.sts_cd AS sts_cd, page6."#present" AS "#present", page6."#0" AS "#0", page6."#1" AS "#1", page6."#2" AS "#2", page6."#branch" AS "#branch"
FROM unnest(CAST($1 AS bpchar[])) AS k1(k0) JOIN LATERAL (SELECT f5.ccn_nbr AS ccn_nbr, f5.sts_cd AS sts_cd, f5."#present" AS "#present", f5."#0" AS "#0", f5."#1" AS "#1", f5."#2" AS "#2", f5."#branch" AS "#branch"
FROM (SELECT u4.ccn_nbr AS ccn_nbr, u4.sts_cd AS sts_cd, u4."#present" AS "#present", u4."#0" AS "#0", u4."#1" AS "#1", u4."#2" AS "#2", u4."#branch" AS "#branch"
FROM (SELECT b2.ccn_nbr AS ccn_nbr, b2.sts_cd AS sts_cd, b2."#present" AS "#present", b2."#0" AS "#0", b2."#1" AS "#1", b2."#2" AS "#2", b2."#branch" AS "#branch"
FROM (SELECT t0.ccn_nbr AS ccn_nbr, t0.sts_cd AS sts_cd, 1 AS "#present", CAST(NULL AS bpchar) AS "#0", CAST(NULL AS bpchar) AS "#1", t0.ccn_nbr AS "#2", 0 AS "#branch"
FROM cargo.ccd_hdr AS t0
WHERE t0.rec_typ = 'C' AND (t0.del_flg = 'N' OR t0.del_flg = '') AND t0.sts_cd = CAST($2 AS bpchar) AND t0.port_arr_no = k1.k0 AND (((t0.eta_dt ~ '^[0-9]{4}((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)|02(0[1-9]|[12][0-9])) *$') AND (t0.eta_tm ~ '^([01][0-9]|2[0-3])[0-5][0-9] *$')) IS NOT true) ORDER BY t0.ccn_nbr ASC
 LIMIT CAST($3 AS bigint)) AS b2 UNION ALL SELECT b3.ccn_nbr AS ccn_nbr, b3.sts_cd AS sts_cd, b3."#present" AS "#present", b3."#0" AS "#0", b3."#1" AS "#1", b3."#2" AS "#2", b3."#branch" AS "#branch"
FROM (SELECT t0.ccn_nbr AS ccn_nbr, t0.sts_cd AS sts_cd, 1 AS "#present", t0.eta_dt AS "#0", t0.eta_tm AS "#1", t0.ccn_nbr AS "#2", 1 AS "#branch"
FROM cargo.ccd_hdr AS t0
WHERE t0.rec_typ = 'C' AND (t0.del_flg = 'N' OR t0.del_flg = '') AND t0.sts_cd = CAST($2 AS bpchar) AND t0.port_arr_no = k1.k0 AND (((t0.eta_dt ~ '^[0-9]{4}((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)|02(0[1-9]|[12][0-9])) *$') AND (t0.eta_tm ~ '^([01][0-9]|2[0-3])[0-5][0-9] *$')) IS true) ORDER BY t0.eta_dt DESC, t0.eta_tm DESC, t0.ccn_nbr ASC
 LIMIT CAST($3 AS bigint)) AS b3) AS u4
 LIMIT CAST($3 AS bigint)) AS f5 ORDER BY f5."#branch", f5."#0" DESC, f5."#1" DESC, f5."#2" ASC) AS page6 ON true ORDER BY page6."#branch", page6."#0" DESC, page6."#1" DESC, page6."#2" ASC
 LIMIT CAST($3 AS bigint)) AS merged7 ORDER BY merged7."#branch", merged7."#0" DESC, merged7."#1" DESC, merged7."#2" ASC) AS answer
  $1 = :ports (portOfArrival in)
  $2 = :status (status eq)
  $3 = :limit
