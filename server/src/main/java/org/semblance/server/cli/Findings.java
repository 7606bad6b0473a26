package org.semblance.server.cli;

import java.util.Locale;
import tools.jackson.databind.JsonNode;

/** What was found, as lines for a person. */
final class Findings {
    private Findings() {}

    /** A line for each content that is found or likely, each with the line feed before it. */
    static String text(JsonNode answer) {
        StringBuilder lines = new StringBuilder();
        for (JsonNode finding : answer.path("matches")) {
            lines.append("\n  ").append(line(finding));
        }
        for (JsonNode finding : answer.path("likely")) {
            lines.append("\n  likely ").append(line(finding));
        }
        for (JsonNode finding : answer.path("quarantined")) {
            lines.append("\n  in quarantine ").append(line(finding));
        }
        return lines.toString();
    }

    /** A line for each signal that is explained, and under it one for each content near it. */
    static String explanation(JsonNode explain) {
        StringBuilder lines = new StringBuilder();
        for (JsonNode signal : explain.path("signals")) {
            lines.append("\n  ").append(signal.path("type").asString(""));
            lines.append(signal.has("quality") ? ", quality " + signal.get("quality") : "");
            lines.append(signal.has("not_looked_up") ? ", not looked up" : "");
            lines.append(signal.path("nearest").isEmpty() ? ": nothing near" : "");
            for (JsonNode near : signal.path("nearest")) {
                lines.append("\n    ").append(near.path("outcome").asString("").replace('_', ' '));
                lines.append(": ").append(near.path("bank").asString(""));
                lines.append(" content ").append(near.path("content_id"));
                if (near.has("distance")) {
                    lines.append(", distance ").append(near.get("distance"));
                    lines.append(" (threshold ").append(near.get("threshold")).append(")");
                } else {
                    lines.append(", ").append(near.path("votes")).append(" pairs of features");
                }
            }
        }
        for (JsonNode off : explain.path("off")) {
            lines.append("\n  ").append(off.asString(""));
        }
        return lines.toString();
    }

    private static String line(JsonNode finding) {
        StringBuilder line = new StringBuilder();
        line.append(finding.path("bank").asString("")).append(" content ").append(finding.path("content_id"));
        line.append(" by ").append(finding.path("signal_type").asString(""));
        if (finding.has("distance")) {
            line.append(", distance ").append(finding.get("distance"));
        }
        JsonNode placement = finding.path("placement");
        if (placement.isObject()) {
            line.append(", ").append(placement.get("found"));
            line.append(" of its ").append(placement.get("visible")).append(" features that must be visible");
            line.append(placement.get("mirrored").booleanValue() ? ", mirrored" : "");
        } else if (!finding.path("transform").asString("none").equals("none")) {
            line.append(", upload ").append(finding.get("transform").stringValue());
        }
        if (finding.path("suppressed").asBoolean(false)) {
            line.append(", suppressed");
        }
        if (finding.has("bank_match_percent")) {
            line.append(String.format(
                    Locale.ROOT,
                    ", %.0f %% of it",
                    finding.get("bank_match_percent").doubleValue()));
        }
        for (JsonNode span : finding.path("spans")) {
            line.append("\n    ");
            line.append(span.has("query") ? "at " + seconds(span.get("query")) : "");
            line.append(span.has("query") && span.has("bank") ? " shows " : "");
            line.append(span.has("bank") ? "its " + seconds(span.get("bank")) : "");
        }
        return line.toString();
    }

    private static String seconds(JsonNode stretch) {
        return String.format(
                Locale.ROOT,
                "%.1f-%.1f s",
                stretch.get(0).doubleValue(),
                stretch.get(1).doubleValue());
    }
}
