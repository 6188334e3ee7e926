-- pushdown on: fails with SQL_INVALID: syntax error at or near BETWEEN
-- {"keys": [], "limited": false}
SELECT x1.d AS c1 FROM odd.oddities.twins AS x1 FULL JOIN (SELECT '1970-01-01 00:00:00' AS c0 FROM payments.royalties.rates AS x3 WHERE (x3.label_id IS NULL) BETWEEN TRUE AND FALSE) AS x2 ON x1.day = x2.c0
