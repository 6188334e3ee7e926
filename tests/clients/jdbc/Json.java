import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Collection;
import java.util.Map;
import java.util.StringJoiner;

/**
 * Java values as JSON. Text, booleans, integers, lists and null are JSON's own; a decimal, a floating number, a point
 * in time and bytes are {"class", "text"}; a map is {"map": [[key, value] …]}; any other object is kept in the probe
 * and written {"class", "kept": number}.
 */
final class Json {
  private Json() {}

  static String text(Object value) throws Exception {
    if (value == null || value instanceof Boolean) {
      return String.valueOf(value);
    }
    if (value instanceof Number && !(value instanceof BigDecimal || value instanceof BigInteger
        || value instanceof Double || value instanceof Float)) {
      return value.toString();
    }
    if (value instanceof CharSequence || value.getClass().getSimpleName().equals("Text")) {
      return quoted(value.toString());
    }
    if (value instanceof java.sql.Array) {
      return text(((java.sql.Array) value).getArray());
    }
    if (value instanceof Collection) {
      return list(((Collection<?>) value).toArray());
    }
    if (value instanceof Object[]) {
      return list((Object[]) value);
    }
    if (value instanceof int[]) {
      return java.util.Arrays.toString((int[]) value);
    }
    if (value instanceof long[]) {
      return java.util.Arrays.toString((long[]) value);
    }
    return value instanceof Map ? map((Map<?, ?>) value) : object(value);
  }

  static String error(Throwable problem) {
    StringJoiner causes = new StringJoiner(",", "[", "]");
    for (Throwable cause = problem.getCause(); cause != null; cause = cause.getCause()) {
      causes.add(quoted(cause.toString()));
    }
    String state = problem instanceof java.sql.SQLException ? ((java.sql.SQLException) problem).getSQLState() : null;
    StackTraceElement[] trace = problem.getStackTrace();
    return "{\"class\":" + quoted(problem.getClass().getName())
        + ",\"message\":" + quoted(String.valueOf(problem.getMessage()))
        + ",\"state\":" + (state == null ? "null" : quoted(state))
        + ",\"at\":" + quoted(trace.length == 0 ? "" : trace[0].toString())
        + ",\"causes\":" + causes + "}";
  }

  private static String object(Object value) {
    String type = "{\"class\":" + quoted(value.getClass().getSimpleName());
    if (value instanceof byte[]) {
      return type + ",\"text\":" + quoted(new java.math.BigInteger(1, bytes(value)).toString(16).substring(1)) + "}";
    }
    if (value instanceof Number || value instanceof java.util.Date || value instanceof java.util.UUID
        || value instanceof java.time.temporal.Temporal || value instanceof java.time.temporal.TemporalAmount
        || value instanceof Enum) {
      return type + ",\"text\":" + quoted(value.toString()) + "}";
    }
    return type + ",\"kept\":" + Probe.keep(value) + "}";
  }

  /** The bytes after a leading one, which keeps leading zeros through a number's text. */
  private static byte[] bytes(Object value) {
    byte[] given = (byte[]) value;
    byte[] marked = new byte[given.length + 1];
    marked[0] = 1;
    System.arraycopy(given, 0, marked, 1, given.length);
    return marked;
  }

  private static String list(Object[] values) throws Exception {
    StringJoiner parts = new StringJoiner(",", "[", "]");
    for (Object value : values) {
      parts.add(text(value));
    }
    return parts.toString();
  }

  private static String map(Map<?, ?> values) throws Exception {
    StringJoiner parts = new StringJoiner(",", "{\"map\":[", "]}");
    for (Map.Entry<?, ?> entry : values.entrySet()) {
      parts.add("[" + text(entry.getKey()) + "," + text(entry.getValue()) + "]");
    }
    return parts.toString();
  }

  private static String quoted(String text) {
    StringBuilder made = new StringBuilder("\"");
    for (char letter : text.toCharArray()) {
      if (letter == '"' || letter == '\\') {
        made.append('\\').append(letter);
      } else if (letter < ' ' || Character.isSurrogate(letter)) {
        made.append(String.format("\\u%04x", (int) letter));
      } else {
        made.append(letter);
      }
    }
    return made.append('"').toString();
  }
}
