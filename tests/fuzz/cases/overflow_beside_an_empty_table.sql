-- pushdown on: fails with QUERY_FAILED: A value is out of range for the computation that the query asks for.
-- {"keys": [], "limited": false}
SELECT x0.c0 AS c2 FROM (SELECT x1.t AS c0 FROM odd.oddities.empty AS x1 JOIN (SELECT x3.wide + 1.5 AS c2 FROM odd.oddities.things AS x3) AS x2 ON x1.id) AS x0
