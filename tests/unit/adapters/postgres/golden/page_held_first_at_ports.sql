SELECT json_agg(answer.c0) AS c0, json_agg(answer.c1) AS c1, json_agg(answer.c2) AS c2
FROM (SELECT CAST(merged11.ccn_nbr AS text) AS c0, CAST(j13.sts_cd AS text) AS c1, CAST(j13.seiz_flg AS text) AS c2
FROM (SELECT page10.ccn_nbr AS ccn_nbr, page10.ccd_id AS ccd_id, page10."#present" AS "#present", page10."#0" AS "#0", page10."#1" AS "#1", page10."#2" AS "#2", page10."#3" AS "#3", page10."#branch" AS "#branch"
FROM unnest(CAST($1 AS bpchar[])) AS k1(k0) JOIN LATERAL (SELECT f9.ccn_nbr AS ccn_nbr, f9.ccd_id AS ccd_id, f9."#present" AS "#present", f9."#0" AS "#0", f9."#1" AS "#1", f9."#2" AS "#2", f9."#3" AS "#3", f9."#branch" AS "#branch"
FROM (SELECT u8.ccn_nbr AS ccn_nbr, u8.ccd_id AS ccd_id, u8."#present" AS "#present", u8."#0" AS "#0", u8."#1" AS "#1", u8."#2" AS "#2", u8."#3" AS "#3", u8."#branch" AS "#branch"
FROM (SELECT b2.ccn_nbr AS ccn_nbr, b2.ccd_id AS ccd_id, b2."#present" AS "#present", b2."#0" AS "#0", b2."#1" AS "#1", b2."#2" AS "#2", b2."#3" AS "#3", b2."#branch" AS "#branch"
FROM (SELECT t0.ccn_nbr AS ccn_nbr, t0.ccd_id AS ccd_id, 1 AS "#present", CAST(NULL AS bpchar) AS "#0", t0.eta_dt AS "#1", t0.eta_tm AS "#2", t0.ccn_nbr AS "#3", 0 AS "#branch"
FROM cargo.ccd_hdr AS t0
WHERE t0.rec_typ = 'C' AND (t0.del_flg = 'N' OR t0.del_flg = '') AND t0.port_arr_no = k1.k0 AND (t0.hld_flg < 'N' OR t0.hld_flg > 'Y') AND (((t0.eta_dt ~ '^[0-9]{4}((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)|02(0[1-9]|[12][0-9])) *$') AND (t0.eta_tm ~ '^([01][0-9]|2[0-3])[0-5][0-9] *$')) IS true) ORDER BY t0.eta_dt ASC, t0.eta_tm ASC, t0.ccn_nbr ASC
 LIMIT CAST($2 AS bigint)) AS b2 UNION ALL SELECT b3.ccn_nbr AS ccn_nbr, b3.ccd_id AS ccd_id, b3."#present" AS "#present", b3."#0" AS "#0", b3."#1" AS "#1", b3."#2" AS "#2", b3."#3" AS "#3", b3."#branch" AS "#branch"
FROM (SELECT t0.ccn_nbr AS ccn_nbr, t0.ccd_id AS ccd_id, 1 AS "#present", CAST(NULL AS bpchar) AS "#0", CAST(NULL AS bpchar) AS "#1", CAST(NULL AS bpchar) AS "#2", t0.ccn_nbr AS "#3", 1 AS "#branch"
FROM cargo.ccd_hdr AS t0
WHERE t0.rec_typ = 'C' AND (t0.del_flg = 'N' OR t0.del_flg = '') AND t0.port_arr_no = k1.k0 AND (t0.hld_flg < 'N' OR t0.hld_flg > 'Y') AND (((t0.eta_dt ~ '^[0-9]{4}((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)|02(0[1-9]|[12][0-9])) *$') AND (t0.eta_tm ~ '^([01][0-9]|2[0-3])[0-5][0-9] *$')) IS NOT true) ORDER BY t0.ccn_nbr ASC
 LIMIT CAST($2 AS bigint)) AS b3 UNION ALL SELECT b4.ccn_nbr AS ccn_nbr, b4.ccd_id AS ccd_id, b4."#present" AS "#present", b4."#0" AS "#0", b4."#1" AS "#1", b4."#2" AS "#2", b4."#3" AS "#3", b4."#branch" AS "#branch"
FROM (SELECT t0.ccn_nbr AS ccn_nbr, t0.ccd_id AS ccd_id, 1 AS "#present", t0.hld_flg AS "#0", t0.eta_dt AS "#1", t0.eta_tm AS "#2", t0.ccn_nbr AS "#3", 2 AS "#branch"
FROM cargo.ccd_hdr AS t0
WHERE t0.rec_typ = 'C' AND (t0.del_flg = 'N' OR t0.del_flg = '') AND t0.port_arr_no = k1.k0 AND t0.hld_flg >= 'N' AND t0.hld_flg <= 'Y' AND t0.hld_flg = 'Y' AND (((t0.eta_dt ~ '^[0-9]{4}((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)|02(0[1-9]|[12][0-9])) *$') AND (t0.eta_tm ~ '^([01][0-9]|2[0-3])[0-5][0-9] *$')) IS true) ORDER BY t0.hld_flg DESC, t0.eta_dt ASC, t0.eta_tm ASC, t0.ccn_nbr ASC
 LIMIT CAST($2 AS bigint)) AS b4 UNION ALL SELECT b5.ccn_nbr AS ccn_nbr, b5.ccd_id AS ccd_id, b5."#present" AS "#present", b5."#0" AS "#0", b5."#1" AS "#1", b5."#2" AS "#2", b5."#3" AS "#3", b5."#branch" AS "#branch"
FROM (SELECT t0.ccn_nbr AS ccn_nbr, t0.ccd_id AS ccd_id, 1 AS "#present", t0.hld_flg AS "#0", CAST(NULL AS bpchar) AS "#1", CAST(NULL AS bpchar) AS "#2", t0.ccn_nbr AS "#3", 3 AS "#branch"
FROM cargo.ccd_hdr AS t0
WHERE t0.rec_typ = 'C' AND (t0.del_flg = 'N' OR t0.del_flg = '') AND t0.port_arr_no = k1.k0 AND t0.hld_flg >= 'N' AND t0.hld_flg <= 'Y' AND t0.hld_flg = 'Y' AND (((t0.eta_dt ~ '^[0-9]{4}((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)|02(0[1-9]|[12][0-9])) *$') AND (t0.eta_tm ~ '^([01][0-9]|2[0-3])[0-5][0-9] *$')) IS NOT true) ORDER BY t0.hld_flg DESC, t0.ccn_nbr ASC
 LIMIT CAST($2 AS bigint)) AS b5 UNION ALL SELECT b6.ccn_nbr AS ccn_nbr, b6.ccd_id AS ccd_id, b6."#present" AS "#present", b6."#0" AS "#0", b6."#1" AS "#1", b6."#2" AS "#2", b6."#3" AS "#3", b6."#branch" AS "#branch"
FROM (SELECT t0.ccn_nbr AS ccn_nbr, t0.ccd_id AS ccd_id, 1 AS "#present", t0.hld_flg AS "#0", t0.eta_dt AS "#1", t0.eta_tm AS "#2", t0.ccn_nbr AS "#3", 4 AS "#branch"
FROM cargo.ccd_hdr AS t0
WHERE t0.rec_typ = 'C' AND (t0.del_flg = 'N' OR t0.del_flg = '') AND t0.port_arr_no = k1.k0 AND t0.hld_flg >= 'N' AND t0.hld_flg <= 'Y' AND t0.hld_flg = 'N' AND (((t0.eta_dt ~ '^[0-9]{4}((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)|02(0[1-9]|[12][0-9])) *$') AND (t0.eta_tm ~ '^([01][0-9]|2[0-3])[0-5][0-9] *$')) IS true) ORDER BY t0.hld_flg DESC, t0.eta_dt ASC, t0.eta_tm ASC, t0.ccn_nbr ASC
 LIMIT CAST($2 AS bigint)) AS b6 UNION ALL SELECT b7.ccn_nbr AS ccn_nbr, b7.ccd_id AS ccd_id, b7."#present" AS "#present", b7."#0" AS "#0", b7."#1" AS "#1", b7."#2" AS "#2", b7."#3" AS "#3", b7."#branch" AS "#branch"
FROM (SELECT t0.ccn_nbr AS ccn_nbr, t0.ccd_id AS ccd_id, 1 AS "#present", t0.hld_flg AS "#0", CAST(NULL AS bpchar) AS "#1", CAST(NULL AS bpchar) AS "#2", t0.ccn_nbr AS "#3", 5 AS "#branch"
FROM cargo.ccd_hdr AS t0
WHERE t0.rec_typ = 'C' AND (t0.del_flg = 'N' OR t0.del_flg = '') AND t0.port_arr_no = k1.k0 AND t0.hld_flg >= 'N' AND t0.hld_flg <= 'Y' AND t0.hld_flg = 'N' AND (((t0.eta_dt ~ '^[0-9]{4}((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)|02(0[1-9]|[12][0-9])) *$') AND (t0.eta_tm ~ '^([01][0-9]|2[0-3])[0-5][0-9] *$')) IS NOT true) ORDER BY t0.hld_flg DESC, t0.ccn_nbr ASC
 LIMIT CAST($2 AS bigint)) AS b7) AS u8
 LIMIT CAST($2 AS bigint)) AS f9 ORDER BY f9."#branch", f9."#0" DESC, f9."#1" ASC, f9."#2" ASC, f9."#3" ASC) AS page10 ON true ORDER BY page10."#branch", page10."#0" DESC, page10."#1" ASC, page10."#2" ASC, page10."#3" ASC
 LIMIT CAST($2 AS bigint)) AS merged11 LEFT OUTER JOIN LATERAL (SELECT p12.sts_cd AS sts_cd, p12.seiz_flg AS seiz_flg
FROM cargo.ccd_sts_hist AS p12
WHERE p12.ccd_id = merged11.ccd_id ORDER BY p12.sts_ts DESC, p12.sts_seq DESC
 LIMIT 1) AS j13 ON true ORDER BY merged11."#branch", merged11."#0" DESC, merged11."#1" ASC, merged11."#2" ASC, merged11."#3" ASC) AS answer
  $1 = :ports (portOfArrival in)
  $2 = :limit
