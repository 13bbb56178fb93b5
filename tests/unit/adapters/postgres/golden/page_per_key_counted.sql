SELECT page2.evt_yr, page2.evt_seq, k1.owner, k1.spelling, page2."#present", counts4.n
FROM unnest(CAST($1 AS integer[]), CAST($2 AS integer[]), CAST($3 AS bpchar[])) AS k1(owner, spelling, k0) JOIN LATERAL (SELECT count(*) AS n
FROM cargo.evt AS t3
WHERE t3.evt_typ = 'HLD' AND t3.ccn_nbr = k1.k0) AS counts4 ON true LEFT OUTER JOIN LATERAL (SELECT t0.evt_yr AS evt_yr, t0.evt_seq AS evt_seq, 1 AS "#present", t0.beg_ts AS "#0", CAST(t0.evt_yr AS text) COLLATE "C" AS "#1", CAST(t0.evt_seq AS text) COLLATE "C" AS "#2"
FROM cargo.evt AS t0
WHERE t0.evt_typ = 'HLD' AND t0.ccn_nbr = k1.k0 ORDER BY t0.beg_ts DESC, CAST(t0.evt_yr AS text) COLLATE "C" ASC, CAST(t0.evt_seq AS text) COLLATE "C" ASC
 LIMIT CAST($4 AS bigint)) AS page2 ON true ORDER BY k1.owner, page2."#0" DESC, page2."#1" COLLATE "C" ASC, page2."#2" COLLATE "C" ASC
  $1 = :keys (shipment.ccn)[0]
  $2 = :keys (shipment.ccn)[1]
  $3 = :keys (shipment.ccn)[2]
  $4 = :limit
