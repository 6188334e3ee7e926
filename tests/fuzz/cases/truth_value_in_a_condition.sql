-- pushdown on: ValueError: only aggregates of one argument are rendered
-- {"keys": [], "limited": false}
SELECT x0.id AS c0 FROM odd.oddities.things AS x0 WHERE x0.flag IS TRUE OR x0.n IS NULL IS NOT FALSE
