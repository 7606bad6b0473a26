package org.semblance.bench.load;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a server's {@code /metrics} tell of the times of one route: how many requests, how long in all, and how many of them took
 * at most so long.
 */
record RouteTimes(double count, double seconds, Map<Double, Double> buckets) {
    private static final String NAME = "semblance_request_seconds";
    private static final Pattern SERIES = Pattern.compile(NAME + "_(bucket|count|sum)\\{(.*)} (\\S+)");
    private static final Pattern BOUND = Pattern.compile("le=\"([^\"]+)\"");

    static String scrape(HttpClient http, int port) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                .build();
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException("/metrics: " + answer.statusCode());
        }
        return answer.body();
    }

    static RouteTimes of(String scraped, String route) {
        double count = 0;
        double seconds = 0;
        Map<Double, Double> buckets = new TreeMap<>();
        for (Matcher series = SERIES.matcher(scraped); series.find(); ) {
            if (series.group(2).contains("route=\"" + route + "\"")) {
                double value = Double.parseDouble(series.group(3));
                switch (series.group(1)) {
                    case "count" -> count = value;
                    case "sum" -> seconds = value;
                    default -> {
                        Matcher bound = BOUND.matcher(series.group(2));
                        if (bound.find()) {
                            String le = bound.group(1);
                            buckets.put(le.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(le), value);
                        }
                    }
                }
            }
        }
        return new RouteTimes(count, seconds, buckets);
    }

    /** The same times, as they are told by buckets with those bounds. */
    static RouteTimes of(long[] nanos, Iterable<Double> bounds) {
        Map<Double, Double> buckets = new TreeMap<>();
        for (double bound : bounds) {
            buckets.put(bound, (double)
                    Arrays.stream(nanos).filter(time -> time / 1e9 <= bound).count());
        }
        return new RouteTimes(nanos.length, Arrays.stream(nanos).sum() / 1e9, buckets);
    }

    /** What came after that. */
    RouteTimes since(RouteTimes before) {
        Map<Double, Double> more = new TreeMap<>();
        buckets.forEach((bound, value) -> more.put(bound, value - before.buckets.getOrDefault(bound, 0.0)));
        return new RouteTimes(count - before.count, seconds - before.seconds, more);
    }

    double meanMs() {
        return count == 0 ? 0 : seconds / count * 1_000;
    }

    /** As Prometheus' {@code histogram_quantile} has it: on a straight line within its bucket. */
    double quantileMs(double share) {
        double rank = share * count;
        double from = 0;
        double below = 0;
        for (Map.Entry<Double, Double> bucket : buckets.entrySet()) {
            double to = bucket.getKey();
            if (bucket.getValue() >= rank) {
                double inside = bucket.getValue() - below;
                return 1_000
                        * (Double.isInfinite(to) || inside == 0 ? from : from + (to - from) * (rank - below) / inside);
            }
            from = to;
            below = bucket.getValue();
        }
        return 1_000 * from;
    }
}
