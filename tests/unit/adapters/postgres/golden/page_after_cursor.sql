SELECT json_agg(answer.c0) AS c0
FROM (SELECT CAST(page9.ccn_nbr AS text) AS c0
FROM (SELECT f8.ccn_nbr AS ccn_nbr, f8."#present" AS "#present", f8."#0" AS "#0", f8."#1" AS "#1", f8."#2" AS "#2", f8."#3" AS "#3", f8."#branch" AS "#branch"
FROM (SELECT u7.ccn_nbr AS ccn_nbr, u7."#present" AS "#present", u7."#0" AS "#0", u7."#1" AS "#1", u7."#2" AS "#2", u7."#3" AS "#3", u7."#branch" AS "#branch"
FROM (SELECT b1.ccn_nbr AS ccn_nbr, b1."#present" AS "#present", b1."#0" AS "#0", b1."#1" AS "#1", b1."#2" AS "#2", b1."#3" AS "#3", b1."#branch" AS "#branch"
FROM (SELECT t0.ccn_nbr AS ccn_nbr, 1 AS "#present", t0.hld_flg AS "#0", t0.eta_dt AS "#1", t0.eta_tm AS "#2", t0.ccn_nbr AS "#3", 0 AS "#branch"
FROM cargo.ccd_hdr AS t0
WHERE t0.rec_typ = 'C' AND (t0.del_flg = 'N' OR t0.del_flg = '') AND t0.hld_flg = CAST($1 AS bpchar) AND t0.hld_flg >= 'N' AND t0.hld_flg <= 'Y' AND (t0.eta_dt, t0.eta_tm, t0.ccn_nbr) > (CAST($2 AS bpchar), CAST($3 AS bpchar), CAST($4 AS bpchar)) AND (((t0.eta_dt ~ '^[0-9]{4}((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)|02(0[1-9]|[12][0-9])) *$') AND (t0.eta_tm ~ '^([01][0-9]|2[0-3])[0-5][0-9] *$')) IS true) ORDER BY t0.hld_flg DESC, t0.eta_dt ASC, t0.eta_tm ASC, t0.ccn_nbr ASC
 LIMIT CAST($5 AS bigint)) AS b1 UNION ALL SELECT b2.ccn_nbr AS ccn_nbr, b2."#present" AS "#present", b2."#0" AS "#0", b2."#1" AS "#1", b2."#2" AS "#2", b2."#3" AS "#3", b2."#branch" AS "#branch"
FROM (SELECT t0.ccn_nbr AS ccn_nbr, 1 AS "#present", t0.hld_flg AS "#0", CAST(NULL AS bpchar) AS "#1", CAST(NULL AS bpchar) AS "#2", t0.ccn_nbr AS "#3", 1 AS "#branch"
FROM cargo.ccd_hdr AS t0
WHERE t0.rec_typ = 'C' AND (t0.del_flg = 'N' OR t0.del_flg = '') AND t0.hld_flg = CAST($1 AS bpchar) AND t0.hld_flg >= 'N' AND t0.hld_flg <= 'Y' AND (((t0.eta_dt ~ '^[0-9]{4}((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)|02(0[1-9]|[12][0-9])) *$') AND (t0.eta_tm ~ '^([01][0-9]|2[0-3])[0-5][0-9] *$')) IS NOT true) ORDER BY t0.hld_flg DESC, t0.ccn_nbr ASC
 LIMIT CAST($5 AS bigint)) AS b2 UNION ALL SELECT b3.ccn_nbr AS ccn_nbr, b3."#present" AS "#present", b3."#0" AS "#0", b3."#1" AS "#1", b3."#2" AS "#2", b3."#3" AS "#3", b3."#branch" AS "#branch"
FROM (SELECT t0.ccn_nbr AS ccn_nbr, 1 AS "#present", t0.hld_flg AS "#0", t0.eta_dt AS "#1", t0.eta_tm AS "#2", t0.ccn_nbr AS "#3", 2 AS "#branch"
FROM cargo.ccd_hdr AS t0
WHERE t0.rec_typ = 'C' AND (t0.del_flg = 'N' OR t0.del_flg = '') AND t0.hld_flg < CAST($1 AS bpchar) AND t0.hld_flg >= 'N' AND t0.hld_flg <= 'Y' AND t0.hld_flg = 'Y' AND (((t0.eta_dt ~ '^[0-9]{4}((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)|02(0[1-9]|[12][0-9])) *$') AND (t0.eta_tm ~ '^([01][0-9]|2[0-3])[0-5][0-9] *$')) IS true) ORDER BY t0.hld_flg DESC, t0.eta_dt ASC, t0.eta_tm ASC, t0.ccn_nbr ASC
 LIMIT CAST($5 AS bigint)) AS b3 UNION ALL SELECT b4.ccn_nbr AS ccn_nbr, b4."#present" AS "#present", b4."#0" AS "#0", b4."#1" AS "#1", b4."#2" AS "#2", b4."#3" AS "#3", b4."#branch" AS "#branch"
FROM (SELECT t0.ccn_nbr AS ccn_nbr, 1 AS "#present", t0.hld_flg AS "#0", CAST(NULL AS bpchar) AS "#1", CAST(NULL AS bpchar) AS "#2", t0.ccn_nbr AS "#3", 3 AS "#branch"
FROM cargo.ccd_hdr AS t0
WHERE t0.rec_typ = 'C' AND (t0.del_flg = 'N' OR t0.del_flg = '') AND t0.hld_flg < CAST($1 AS bpchar) AND t0.hld_flg >= 'N' AND t0.hld_flg <= 'Y' AND t0.hld_flg = 'Y' AND (((t0.eta_dt ~ '^[0-9]{4}((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)|02(0[1-9]|[12][0-9])) *$') AND (t0.eta_tm ~ '^([01][0-9]|2[0-3])[0-5][0-9] *$')) IS NOT true) ORDER BY t0.hld_flg DESC, t0.ccn_nbr ASC
 LIMIT CAST($5 AS bigint)) AS b4 UNION ALL SELECT b5.ccn_nbr AS ccn_nbr, b5."#present" AS "#present", b5."#0" AS "#0", b5."#1" AS "#1", b5."#2" AS "#2", b5."#3" AS "#3", b5."#branch" AS "#branch"
FROM (SELECT t0.ccn_nbr AS ccn_nbr, 1 AS "#present", t0.hld_flg AS "#0", t0.eta_dt AS "#1", t0.eta_tm AS "#2", t0.ccn_nbr AS "#3", 4 AS "#branch"
FROM cargo.ccd_hdr AS t0
WHERE t0.rec_typ = 'C' AND (t0.del_flg = 'N' OR t0.del_flg = '') AND t0.hld_flg < CAST($1 AS bpchar) AND t0.hld_flg >= 'N' AND t0.hld_flg <= 'Y' AND t0.hld_flg = 'N' AND (((t0.eta_dt ~ '^[0-9]{4}((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)|02(0[1-9]|[12][0-9])) *$') AND (t0.eta_tm ~ '^([01][0-9]|2[0-3])[0-5][0-9] *$')) IS true) ORDER BY t0.hld_flg DESC, t0.eta_dt ASC, t0.eta_tm ASC, t0.ccn_nbr ASC
 LIMIT CAST($5 AS bigint)) AS b5 UNION ALL SELECT b6.ccn_nbr AS ccn_nbr, b6."#present" AS "#present", b6."#0" AS "#0", b6."#1" AS "#1", b6."#2" AS "#2", b6."#3" AS "#3", b6."#branch" AS "#branch"
FROM (SELECT t0.ccn_nbr AS ccn_nbr, 1 AS "#present", t0.hld_flg AS "#0", CAST(NULL AS bpchar) AS "#1", CAST(NULL AS bpchar) AS "#2", t0.ccn_nbr AS "#3", 5 AS "#branch"
FROM cargo.ccd_hdr AS t0
WHERE t0.rec_typ = 'C' AND (t0.del_flg = 'N' OR t0.del_flg = '') AND t0.hld_flg < CAST($1 AS bpchar) AND t0.hld_flg >= 'N' AND t0.hld_flg <= 'Y' AND t0.hld_flg = 'N' AND (((t0.eta_dt ~ '^[0-9]{4}((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)|02(0[1-9]|[12][0-9])) *$') AND (t0.eta_tm ~ '^([01][0-9]|2[0-3])[0-5][0-9] *$')) IS NOT true) ORDER BY t0.hld_flg DESC, t0.ccn_nbr ASC
 LIMIT CAST($5 AS bigint)) AS b6) AS u7
 LIMIT CAST($5 AS bigint)) AS f8 ORDER BY f8."#branch", f8."#0" DESC, f8."#1" ASC, f8."#2" ASC, f8."#3" ASC) AS page9 ORDER BY page9."#branch", page9."#0" DESC, page9."#1" ASC, page9."#2" ASC, page9."#3" ASC) AS answer
  $1 = :cursor[0] (held)
  $2 = :cursor[1] (eta)[0]
  $3 = :cursor[1] (eta)[1]
  $4 = :cursor[2] (ccn)
  $5 = :limit
