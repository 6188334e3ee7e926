-- pushdown on: fails with QUERY_FAILED: A value is out of range
-- {"keys": [], "limited": false}
SELECT AVG(x0.wide) AS c2 FROM odd.oddities.things AS x0 GROUP BY x0.t
