SELECT json_agg(answer.c0) AS c0
FROM (SELECT t0.surnm AS c0
FROM unnest(CAST($1 AS text[]), CAST($2 AS bpchar[])) AS k1(k0, k1) JOIN ee.pax_last AS t0 ON true
WHERE t0.doc_iss = k1.k0 AND t0.doc_nbr = k1.k1) AS answer
  $1 = :keys (document.issuer, document.number)[0]
  $2 = :keys (document.issuer, document.number)[1]
