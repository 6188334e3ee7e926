import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.math.BigDecimal;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Lets another process call Java methods, so that a JDBC driver is tested by calls that the tests write out.
 *
 * A request is one line: id, target, method, arguments; parts divided by tabs, each percent-encoded. A target is
 * "#number", an object that an earlier answer named, or the name of a class; the method "new" is its constructor. An
 * argument is a letter for its type and its text. An answer is one line of JSON; see Json. Requests run side by side.
 */
public final class Probe {
  private static final Map<Integer, Object> KEPT = new ConcurrentHashMap<>();
  private static final AtomicInteger NEXT = new AtomicInteger();

  public static void main(String[] none) throws Exception {
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    System.setOut(System.err);
    ExecutorService threads = Executors.newCachedThreadPool();
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] request = line.split("\t", -1);
      threads.execute(() -> {
        String answer = answer(request);
        synchronized (out) {
          out.println(answer);
          out.flush();
        }
      });
    }
    Runtime.getRuntime().halt(0);
  }

  /** Keep an object so that later requests can name it. */
  static int keep(Object made) {
    int number = NEXT.incrementAndGet();
    KEPT.put(number, made);
    return number;
  }

  private static String answer(String[] request) {
    try {
      return "{\"id\":" + request[0] + ",\"value\":" + Json.text(call(request)) + "}";
    } catch (InvocationTargetException wrapped) {
      return "{\"id\":" + request[0] + ",\"error\":" + Json.error(wrapped.getCause()) + "}";
    } catch (Throwable problem) {
      return "{\"id\":" + request[0] + ",\"error\":" + Json.error(problem) + "}";
    }
  }

  private static Object call(String[] request) throws Exception {
    String[] parts = Arrays.stream(request).map(part -> URLDecoder.decode(part, StandardCharsets.UTF_8))
        .toArray(String[]::new);
    Object[] arguments = new Object[parts.length - 3];
    for (int at = 0; at < arguments.length; at++) {
      arguments[at] = argument(parts[at + 3]);
    }
    if (parts[1].startsWith("#")) {
      Object target = KEPT.get(Integer.parseInt(parts[1].substring(1)));
      return invoke(target.getClass(), target, parts[2], arguments);
    }
    return invoke(Class.forName(parts[1]), null, parts[2], arguments);
  }

  private static Object invoke(Class<?> type, Object target, String name, Object[] arguments) throws Exception {
    if (name.equals("new")) {
      for (Constructor<?> made : type.getConstructors()) {
        if (takes(made, arguments)) {
          return made.newInstance(arguments);
        }
      }
    }
    for (Method method : type.getMethods()) {
      boolean fits = target != null || Modifier.isStatic(method.getModifiers());
      if (method.getName().equals(name) && fits && takes(method, arguments)) {
        method.setAccessible(true);
        return method.invoke(target, arguments);
      }
    }
    throw new NoSuchMethodException(type.getName() + "." + name + " for " + Arrays.toString(arguments));
  }

  private static boolean takes(Executable method, Object[] arguments) {
    Class<?>[] types = method.getParameterTypes();
    if (types.length != arguments.length) {
      return false;
    }
    for (int at = 0; at < types.length; at++) {
      Object given = arguments[at];
      if (given == null ? types[at].isPrimitive() : !fits(types[at], given)) {
        return false;
      }
    }
    return true;
  }

  private static boolean fits(Class<?> type, Object given) {
    if (!type.isPrimitive()) {
      return type.isInstance(given);
    }
    return Array.get(Array.newInstance(type, 1), 0).getClass() == given.getClass();
  }

  private static Object argument(String text) {
    String value = text.substring(1);
    switch (text.charAt(0)) {
      case 'n': return null;
      case '#': return KEPT.get(Integer.parseInt(value));
      case 's': return value;
      case 'b': return Boolean.parseBoolean(value);
      case 'o': return Byte.parseByte(value);
      case 'h': return Short.parseShort(value);
      case 'i': return Integer.parseInt(value);
      case 'l': return Long.parseLong(value);
      case 'f': return Float.parseFloat(value);
      case 'd': return Double.parseDouble(value);
      case 'D': return new BigDecimal(value);
      case 'A': return value.split(",");
      case 'B': return value.getBytes(StandardCharsets.ISO_8859_1);
      case 'Y': return java.sql.Date.valueOf(value);
      case 'T': return java.sql.Time.valueOf(value);
      case 'S': return java.sql.Timestamp.valueOf(value);
      case 'Z': return java.util.Calendar.getInstance(java.util.TimeZone.getTimeZone(value));
      default: throw new IllegalArgumentException(text);
    }
  }
}
