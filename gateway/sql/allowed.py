"""The closed allow-list, as data: what is not written here is refused.

A function is here when its answer depends on its arguments alone (or on the clock, see ``VOLATILE``), when its cost
is bounded by the size of its arguments, and when its text survives parsing and printing with the same meaning;
the tests execute every one of them before and after.
"""

from sqlglot import exp


def _nodes(names: str) -> frozenset[type[exp.Expr]]:
    return frozenset(getattr(exp, name) for name in names.split())


def _words(names: str) -> frozenset[str]:
    return frozenset(names.split())


QUERIES = _nodes("Select Union Except Intersect Subquery")

CLAUSES = _nodes(
    "With CTE From Join Where Group Rollup Cube GroupingSets Having Qualify Order Ordered Limit Offset Distinct "
    "Table TableAlias Lateral Unnest Values Pivot Star Alias Identifier Column ColumnDef Window WindowSpec Filter "
    "WithinGroup IgnoreNulls RespectNulls Var Dot UnpivotColumns"
)

OPERATORS = _nodes(
    "Literal Null Boolean Placeholder Interval DataType DataTypeParam Paren Tuple And Or Not Neg Add Sub Mul Div "
    "IntDiv Mod Pow BitwiseAnd BitwiseOr BitwiseXor BitwiseLeftShift BitwiseRightShift DPipe EQ NEQ LT LTE GT GTE Is "
    "NullSafeEQ NullSafeNEQ Between In Like ILike Escape Glob SimilarTo Any All Exists Case If Cast TryCast Bracket "
    "Slice PropertyEQ JSONKeyValue AtTimeZone"
)

AGGREGATES = _nodes(
    "AnyValue ApproxDistinct ApproxQuantile ArgMax ArgMin ArrayAgg Avg BitwiseAndAgg BitwiseOrAgg BitwiseXorAgg Corr "
    "Count CountIf CovarPop CovarSamp First GroupConcat Kurtosis Last LogicalAnd LogicalOr Max Median Min Mode "
    "PercentileCont PercentileDisc Quantile RegrCount RegrIntercept RegrR2 RegrSlope Skewness Stddev StddevPop "
    "StddevSamp Sum Variance VariancePop Grouping"
)

WINDOWS = _nodes("CumeDist DenseRank FirstValue Lag LastValue Lead NthValue Ntile PercentRank Rank RowNumber")

FUNCTIONS = _nodes(
    # numbers
    "Abs Acos Asin Atan Atan2 Cbrt Ceil Cos Cosh Cot Degrees Exp Floor Greatest IsInf IsNan Least Ln Log Pi Radians "
    "Round Sign Sin Sinh Sqrt Tan Tanh Trunc "
    # text and bytes
    "Ascii BitLength Chr Concat ConcatWs Contains Decode Encode EndsWith FromBase64 Hex Left Length Lower MD5 Pad "
    "RegexpExtract RegexpExtractAll RegexpFullMatch RegexpLike RegexpReplace RegexpSplit Repeat Replace Reverse Right "
    "SHA SHA2 Split SplitPart StartsWith StrPosition Substring ToBase64 Translate Trim Unhex Unicode Upper "
    # dates and times
    "CurrentDate CurrentTime CurrentTimestamp DateAdd DateBin DateDiff DateFromParts DateTrunc Day DayOfMonth "
    "DayOfWeek DayOfWeekIso DayOfYear Dayname Extract Hour LastDay Localtimestamp Minute Month Monthname Quarter "
    "Second StrToTime TimeFromParts TimeToStr TimeToUnix TimestampFromParts TimestampTrunc ToDays UnixToTime Week "
    "WeekOfYear Year "
    # lists, structs, maps
    "Array ArrayAppend ArrayConcat ArrayContains ArrayDistinct ArrayMax ArrayMin ArrayOverlaps ArrayPosition "
    "ArrayPrepend ArraySize ArraySlice ArraySort ArrayToString Explode Flatten GenerateSeries Map MapFromEntries "
    "MapKeys Struct StructExtract ToMap "
    # JSON, and the rest
    "Coalesce JSONArray JSONExtract JSONExtractScalar JSONKeys JSONObject JSONType Nullif Typeof"
)

NODES = QUERIES | CLAUSES | OPERATORS | AGGREGATES | WINDOWS | FUNCTIONS

NAMES = _words(
    "add age arbitrary array_extract base64 bit_count cardinality century date_part date_sub datepart datesub decade "
    "divide element_at entropy epoch_us era even favg fmod format_bytes fsum gcd geomean get_current_timestamp hash "
    "histogram isfinite isoyear json_array_length json_contains json_exists json_valid json_value julian lcm "
    "list_any_value list_avg list_count list_element list_extract list_has_all list_indexof list_intersect "
    "list_position list_reverse list_slice list_sum list_unique list_zip mad map_extract map_values mean microsecond "
    "millisecond multiply now nfc_normalize octet_length ord prefix product regexp_split_to_array row sem signbit "
    "strip_accents strlen subtract suffix timezone to_hours to_json to_microseconds to_milliseconds to_minutes "
    "to_months to_seconds to_weeks to_years transaction_timestamp try_strptime url_decode url_encode "
    "weekday yearweek"
)
"""Functions that the parser knows by name only, in lower case."""

VOLATILE = _nodes("CurrentDate CurrentTime CurrentTimestamp Localtimestamp")
VOLATILE_NAMES = frozenset({"now", "get_current_timestamp", "transaction_timestamp", "age"})

GROWING = _nodes("ArrayAgg GroupConcat")
GROWING_NAMES = frozenset({"histogram"})
"""Aggregates whose result grows with their input: over a window, that is quadratic."""

TYPES = frozenset(
    getattr(exp.DataType.Type, name)
    for name in _words(
        "BOOLEAN TINYINT SMALLINT INT BIGINT INT128 UTINYINT USMALLINT UINT UBIGINT FLOAT DOUBLE DECIMAL TEXT VARCHAR "
        "CHAR BPCHAR VARBINARY DATE TIME TIMESTAMP TIMESTAMPTZ TIMESTAMPNTZ TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_NS "
        "INTERVAL UUID JSON LIST ARRAY STRUCT MAP"
    )
)

_UNITS = "MICROSECOND MILLISECOND SECOND MINUTE HOUR DAY WEEK MONTH QUARTER YEAR DECADE"
WORDS = _words(
    f"{_UNITS} {_UNITS.replace(' ', 'S ')}S CENTURY CENTURIES MILLENNIUM MILLENNIA EPOCH DOW ISODOW DOY ISOYEAR "
    "YEARWEEK WEEKDAY DAYOFWEEK DAYOFYEAR ERA JULIAN TIMEZONE TIMEZONE_HOUR TIMEZONE_MINUTE ALL TIES GROUP"
) | {"CURRENT ROW", "NO OTHERS"}
"""Bare words that are no names: units of time, and what EXCLUDE and ORDER BY may say."""

_TAIL = "order limit offset"
ARGUMENTS: dict[type[exp.Expr], frozenset[str]] = {
    exp.Select: _words(f"with_ expressions distinct from_ joins where group having qualify windows pivots {_TAIL}"),
    exp.Union: _words(f"with_ this expression distinct by_name {_TAIL}"),
    exp.Except: _words(f"with_ this expression distinct by_name {_TAIL}"),
    exp.Intersect: _words(f"with_ this expression distinct by_name {_TAIL}"),
    exp.Subquery: _words(f"with_ this alias joins pivots {_TAIL}"),
    exp.Values: _words(f"expressions alias pivots {_TAIL}"),
    exp.With: _words("expressions recursive"),
    exp.CTE: _words("this alias materialized"),
    exp.Table: _words("this alias db catalog joins pivots"),
    exp.Join: _words("this on side kind using method pivots"),
    exp.Lateral: _words("this alias"),
    exp.Unnest: _words("expressions alias"),
    exp.Pivot: _words(
        "this alias expressions fields unpivot using group columns into include_nulls default_on_null "
        "identify_pivot_strings prefixed_pivot_columns pivot_column_naming value_columns_first"
    ),
    exp.Limit: _words("expression"),
    exp.Cast: _words("this to"),
    exp.TryCast: _words("this to safe requires_string"),
    exp.DataType: _words("this expressions nested values"),
    exp.Column: _words("this table db catalog"),
    exp.Star: _words("except_ replace rename"),
    exp.Window: _words("this partition_by order spec alias over"),
    exp.Group: _words("expressions grouping_sets cube rollup all"),
}
"""The arguments that the nodes with the widest grammar may carry."""
JOIN_METHODS = frozenset({"", "ASOF", "NATURAL"})
