-- pushdown on: fails with SQL_INVALID: window functions are not allowed in window definitions
-- {"keys": [2], "limited": true}
SELECT x0.x AS c0, x0.t AS c1, SUM(x0.id) OVER () AS c2 FROM odd.oddities.empty AS x0 ORDER BY 3 LIMIT 50 OFFSET 2
