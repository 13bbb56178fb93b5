SELECT json_agg(answer.c0) AS c0, json_agg(answer.c1) AS c1
FROM (SELECT CAST(t0.txn_nbr AS text) AS c0, t0.inv_amt AS c1
FROM rlse.b3_hdr AS t0
WHERE NOT (EXISTS (SELECT 1
FROM rlse.b3_hdr AS t1
WHERE left(regexp_replace(t1.txn_nbr, '[^0-9]', '', 'g'), 14) = left(regexp_replace(t0.txn_nbr, '[^0-9]', '', 'g'), 14) AND (t1.ver_nbr, t1.ctid) > (t0.ver_nbr, t0.ctid))) AND left(regexp_replace(t0.txn_nbr, '[^0-9]', '', 'g'), 14) = ANY (CAST($1 AS text[]))) AS answer
  $1 = :keys (transactionNumber in)
