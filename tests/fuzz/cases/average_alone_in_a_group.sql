-- DuckDB divides the average of a group in two ways, and only one of them can be had from a sum and a count.
SELECT AVG(x1.d) AS c2 FROM odd.oddities.twins AS x0 JOIN odd.oddities.twins AS x1 ON x0.d = x1.d GROUP BY x1.t
