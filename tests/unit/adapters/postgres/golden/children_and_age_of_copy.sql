SELECT json_agg(answer.c0) AS c0, json_agg(answer.c1) AS c1, json_agg(answer.c2) AS c2, json_agg(answer.c3) AS c3, json_agg(answer.c4) AS c4, json_agg(answer.c5) AS c5, json_agg(answer.c6) AS c6, (SELECT count(*) AS count_1
FROM lic.permit AS t8
WHERE t8.deleted_at IS NULL) AS total, (SELECT max(a9.loaded_at) AS max_1
FROM lic.load_log AS a9) AS as_of
FROM (SELECT page1.permit_no AS c0, page1.exp_date AS c1, l4.parent AS c2, l4.country AS c3, l7.parent AS c4, l7.hs_prefix AS c5, l7.qty_auth AS c6
FROM (SELECT t0.permit_no AS permit_no, t0.exp_date AS exp_date, t0.id AS id, 1 AS "#present", t0.exp_date AS "#0", upper(regexp_replace(t0.permit_no, '[^0-9A-Za-z]', '', 'g')) AS "#1"
FROM lic.permit AS t0
WHERE t0.deleted_at IS NULL ORDER BY t0.exp_date ASC, upper(regexp_replace(t0.permit_no, '[^0-9A-Za-z]', '', 'g')) ASC
 LIMIT CAST($1 AS bigint)) AS page1 LEFT OUTER JOIN LATERAL (SELECT json_agg(s3.parent) AS parent, json_agg(s3.country) AS country
FROM (SELECT 1 AS parent, c2.country AS country
FROM lic.permit_origin AS c2
WHERE c2.permit_id = page1.id ORDER BY c2.country) AS s3) AS l4 ON true LEFT OUTER JOIN LATERAL (SELECT json_agg(s6.parent) AS parent, json_agg(s6.hs_prefix) AS hs_prefix, json_agg(CAST(s6.qty_auth AS text)) AS qty_auth
FROM (SELECT 1 AS parent, c5.hs_prefix AS hs_prefix, c5.qty_auth AS qty_auth
FROM lic.permit_line AS c5
WHERE c5.permit_id = page1.id ORDER BY c5.line_no) AS s6) AS l7 ON true ORDER BY page1."#0" ASC, page1."#1" ASC) AS answer
  $1 = :limit
