-- pushdown on: fails with SQL_INVALID: Chained comparisons are not supported
-- {"keys": [], "limited": false}
(SELECT x0.active AS c0, x0.active AS c1 FROM payments.royalties.rates AS x0 RIGHT JOIN artists.catalog.labels AS x1 ON x0.label_id = x1.id WHERE ((x1.country <= 'a b') = FALSE AND x0.rate = x0.rate)) EXCEPT (SELECT DISTINCT x2.active AS c0, x2.active AS c1 FROM payments.royalties.rates AS x2 JOIN artists.catalog.labels AS x3 ON x2.label_id = x3.id)
