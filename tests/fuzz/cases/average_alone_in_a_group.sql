-- pushdown on: another last digit; DuckDB divides the average of a group in two ways, and stores know only one
-- {"keys": [], "limited": false}
SELECT AVG(x1.d) AS c2 FROM odd.oddities.twins AS x0 JOIN odd.oddities.twins AS x1 ON x0.d = x1.d GROUP BY x1.t
