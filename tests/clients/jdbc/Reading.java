import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What would take too many requests one call at a time. */
public final class Reading {
  private static final String[] GETTERS = {
    "getObject", "getString", "getBoolean", "getByte", "getShort", "getInt", "getLong", "getFloat", "getDouble",
    "getBigDecimal", "getBytes", "getDate", "getTime", "getTimestamp", "getArray"
  };
  private static final String[] TOLD = {
    "getColumnLabel", "getColumnName", "getColumnType", "getColumnTypeName", "getColumnClassName", "getPrecision",
    "getScale", "isNullable", "isSigned", "isAutoIncrement", "isCaseSensitive", "isReadOnly", "isSearchable",
    "getColumnDisplaySize", "getCatalogName", "getSchemaName", "getTableName"
  };

  private Reading() {}

  /** All rows of a result, which is then closed: a list of values for each. */
  public static List<List<Object>> rows(ResultSet result) throws SQLException {
    List<List<Object>> rows = new ArrayList<>();
    int columns = result.getMetaData().getColumnCount();
    while (result.next()) {
      List<Object> row = new ArrayList<>();
      for (int at = 1; at <= columns; at++) {
        row.add(result.getObject(at));
      }
      rows.add(row);
    }
    result.close();
    return rows;
  }

  /** All rows of a result by the labels of its columns. */
  public static List<Map<String, Object>> records(ResultSet result) throws SQLException {
    List<Map<String, Object>> records = new ArrayList<>();
    ResultSetMetaData told = result.getMetaData();
    for (List<Object> row : rows(result)) {
      Map<String, Object> record = new LinkedHashMap<>();
      for (int at = 0; at < row.size(); at++) {
        record.put(told.getColumnLabel(at + 1), row.get(at));
      }
      records.add(record);
    }
    return records;
  }

  /** How many rows a result has, the sum of its first column, and how many characters its second has in all. */
  public static long[] sums(ResultSet result) throws SQLException {
    long count = 0, sum = 0, characters = 0;
    int columns = result.getMetaData().getColumnCount();
    while (result.next()) {
      count++;
      sum += result.getLong(1);
      characters += columns > 1 ? result.getString(2).length() : 0;
    }
    result.close();
    return new long[] {count, sum, characters};
  }

  /** Cancel a statement while another thread waits for the next row of its result; what that thread is told. */
  public static String cancelWhileWaiting(Statement statement, ResultSet result) throws Exception {
    String[] told = {"nothing"};
    Thread reader = new Thread(() -> {
      try {
        told[0] = "a row: " + result.next();
      } catch (SQLException | RuntimeException problem) {
        told[0] = "raised: " + problem;
      }
    });
    reader.start();
    // The driver itself is not made for a cancel that meets a thread at work on the rows: wait until it waits.
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (reader.getState() != Thread.State.WAITING && System.nanoTime() < deadline) {
      reader.join(1);
    }
    statement.cancel();
    reader.join(10_000);
    return told[0];
  }

  /** What ResultSetMetaData tells of each column: a map from method to value. */
  public static List<Map<String, Object>> columns(ResultSetMetaData told) throws Exception {
    List<Map<String, Object>> columns = new ArrayList<>();
    for (int at = 1; at <= told.getColumnCount(); at++) {
      Map<String, Object> column = new LinkedHashMap<>();
      for (String name : TOLD) {
        column.put(name, result(ResultSetMetaData.class.getMethod(name, int.class), told, at));
      }
      columns.add(column);
    }
    return columns;
  }

  /** Of the current row, each column by every getter that takes its number: [value, class, wasNull], or an error. */
  public static List<Map<String, Object>> getters(ResultSet row) throws Exception {
    List<Map<String, Object>> read = new ArrayList<>();
    for (int at = 1; at <= row.getMetaData().getColumnCount(); at++) {
      Map<String, Object> values = new LinkedHashMap<>();
      for (String name : GETTERS) {
        Object value = result(ResultSet.class.getMethod(name, int.class), row, at);
        values.put(name, Arrays.asList(value, value == null ? null : value.getClass().getName(), row.wasNull()));
      }
      read.add(values);
    }
    return read;
  }

  /** Every method of DatabaseMetaData without an argument: its value, a number of rows, or "raised: …". */
  public static Map<String, Object> everything(DatabaseMetaData metadata) {
    Map<String, Object> told = new LinkedHashMap<>();
    Method[] methods = DatabaseMetaData.class.getMethods();
    Arrays.sort(methods, Comparator.comparing(Method::getName));
    for (Method method : methods) {
      if (method.getParameterCount() == 0) {
        told.put(method.getName(), result(method, metadata));
      }
    }
    return told;
  }

  private static Object result(Method method, Object target, Object... arguments) {
    try {
      Object value = method.invoke(target, arguments);
      if (value instanceof ResultSet) {
        return rows((ResultSet) value);
      }
      return value instanceof Connection ? "the connection" : value;
    } catch (InvocationTargetException wrapped) {
      return "raised: " + wrapped.getCause();
    } catch (ReflectiveOperationException | SQLException | RuntimeException problem) {
      return "raised: " + problem;
    }
  }
}
