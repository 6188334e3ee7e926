-- pushdown on: fails with SQL_INVALID: window functions are not allowed in window definitions
-- {"keys": [2], "limited": true}
SELECT x0.day AS c0, x0.count AS c1, SUM(x0.artist_id) OVER (PARTITION BY x0.count) AS c2 FROM play.events.plays AS x0 ORDER BY 3 DESC LIMIT 1
