SELECT json_agg(answer.c0) AS c0, json_agg(answer.c1) AS c1, json_agg(answer.c2) AS c2, json_agg(answer.c3) AS c3, json_agg(answer.c4) AS c4, json_agg(answer.c5) AS c5
FROM (SELECT page2.evt_yr AS c0, page2.evt_seq AS c1, k1.owner AS c2, k1.spelling AS c3, page2."#present" AS c4, counts4.n AS c5
FROM unnest(CAST($1 AS integer[]), CAST($2 AS integer[]), CAST($3 AS bpchar[])) AS k1(owner, spelling, k0) JOIN LATERAL (SELECT count(*) AS n
FROM cargo.evt AS t3
WHERE t3.evt_typ = 'HLD' AND t3.ccn_nbr = k1.k0) AS counts4 ON true LEFT OUTER JOIN LATERAL (SELECT t0.evt_yr AS evt_yr, t0.evt_seq AS evt_seq, 1 AS "#present", t0.beg_ts AS "#0", CAST(t0.evt_yr AS text) COLLATE "C" AS "#1", CAST(t0.evt_seq AS text) COLLATE "C" AS "#2"
FROM cargo.evt AS t0
WHERE t0.evt_typ = 'HLD' AND t0.ccn_nbr = k1.k0 ORDER BY t0.beg_ts DESC, CAST(t0.evt_yr AS text) COLLATE "C" ASC, CAST(t0.evt_seq AS text) COLLATE "C" ASC
 LIMIT CAST($4 AS bigint)) AS page2 ON true ORDER BY k1.owner, page2."#0" DESC, page2."#1" COLLATE "C" ASC, page2."#2" COLLATE "C" ASC) AS answer
  $1 = :keys (shipment.ccn)[0]
  $2 = :keys (shipment.ccn)[1]
  $3 = :keys (shipment.ccn)[2]
  $4 = :limit
