package org.semblance.server.http;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** The two ways to say the same: how an error looks is decided here and nowhere else. */
public enum Dialect {
    /** Problem details of RFC 9457. */
    NATIVE {
        @Override
        public Response error(HttpError error) {
            return new Response(error.status, "application/problem+json", Json.write(problem(error)), error.headers);
        }

        @Override
        public Response routingError(HttpError error) {
            return error(error);
        }
    },

    /** What Flask and Werkzeug answer in Hasher-Matcher-Actioner 1.1.7. */
    HMA {
        @Override
        public Response error(HttpError error) {
            return Response.sortedJson(error.status, Map.of("message", String.valueOf(error.getMessage())))
                    .with(error.headers);
        }

        // No blueprint of HMA is reached, so the framework's own page is the answer.
        @Override
        public Response routingError(HttpError error) {
            String text = switch (error.status) {
                case 404 ->
                    "The requested URL was not found on the server. If you entered the URL manually please"
                            + " check your spelling and try again.";
                case 405 -> "The method is not allowed for the requested URL.";
                default -> escape(String.valueOf(error.getMessage()));
            };
            String title = title(error.status);
            return Response.html(
                            error.status,
                            "<!doctype html>\n<html lang=en>\n<title>" + error.status + " " + title + "</title>\n<h1>"
                                    + title + "</h1>\n<p>" + text + "</p>\n")
                    .with(error.headers);
        }
    };

    /** The answer for an error of a handler. */
    public abstract Response error(HttpError error);

    /** The answer when no route takes the request. */
    public abstract Response routingError(HttpError error);

    /** Problem details of RFC 9457. */
    public static ObjectNode problem(HttpError error) {
        ObjectNode problem = Json.object()
                .put("type", "about:blank")
                .put("title", title(error.status))
                .put("status", error.status)
                .put("detail", error.getMessage());
        putIfPresent(problem, "field", error.field);
        putIfPresent(problem, "value", error.value);
        putIfPresent(problem, "expected", error.expected);
        return problem;
    }

    private static void putIfPresent(ObjectNode problem, String name, @Nullable String value) {
        if (value != null) {
            problem.put(name, value);
        }
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private static String title(int status) {
        return switch (status) {
            case 400 -> "Bad Request";
            case 401 -> "Unauthorized";
            case 403 -> "Forbidden";
            case 404 -> "Not Found";
            case 405 -> "Method Not Allowed";
            case 408 -> "Request Timeout";
            case 409 -> "Conflict";
            case 413 -> "Content Too Large";
            case 414 -> "URI Too Long";
            case 415 -> "Unsupported Media Type";
            case 417 -> "Expectation Failed";
            case 422 -> "Unprocessable Content";
            case 429 -> "Too Many Requests";
            case 431 -> "Request Header Fields Too Large";
            case 500 -> "Internal Server Error";
            case 502 -> "Bad Gateway";
            case 503 -> "Service Unavailable";
            default -> "Error";
        };
    }
}
