-- pushdown on: ValueError: the fragment names a column that none of its tables has
-- {"keys": [], "limited": false}
SELECT SUM(1) AS c0, COUNT('2026-11-05') AS c1, MIN(1.5) AS c2 FROM odd.oddities.things AS x0
