package org.semblance.server.matchlog;

import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.matchlog.Stats;
import org.semblance.server.http.Json;
import tools.jackson.databind.SequenceWriter;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.csv.CsvMapper;

/**
 * The figures of a period that a transparency report asks for of automated means: Regulation (EU) 2021/784, Article 7, and the
 * Digital Services Act, Article 15. {@code docs/matches.md} says what each one is and what it is not.
 */
final class TransparencyReport {
    /** The legal basis of a bank that has none stated. */
    private static final String NOT_GIVEN = "not given";

    private static final int MOST_FIGURES = 1_000_000;
    private static final CsvMapper CSV = CsvMapper.builder().build();
    private static final List<String> HITS = List.of(Stats.HITS, Stats.SUPPRESSED, Stats.LIKELY, Stats.QUARANTINED);

    private final Instant from;
    private final Instant to;

    /** By kind of upload, and by verdict and kind. */
    private final Map<String, Map<String, Long>> verdicts = new TreeMap<>();

    /** By what a match is grouped by, then by its name. */
    private final Map<String, Map<String, Map<String, Long>>> matches = new LinkedHashMap<>();

    private final Map<String, String> legalBases = new TreeMap<>();
    private final Map<String, Long> curation = new LinkedHashMap<>();
    private final Map<String, Long> missing = new LinkedHashMap<>();
    private final Stats.Reinstatable reinstatable;

    private TransparencyReport(ScopedMatchLog log, Instant from, Instant to) {
        this.from = from;
        this.to = to;
        for (String group : List.of("bank", "legal_basis", "label")) {
            matches.put(group, new TreeMap<>());
        }
        for (String name : List.of(Stats.CONFIRMED, Stats.FALSE_MATCH, Stats.ADDITIONS, Stats.WITHDRAWALS)) {
            curation.put(name, 0L);
        }
        ScopedMatchLog.Figures banks = read(log, Stats.By.BANK);
        for (Stats.Figure figure : banks.figures()) {
            String name = banks.names().getOrDefault(figure.bankId(), "");
            String basis = legalBasis(banks.existing().get(figure.bankId()));
            legalBases.put(name, basis);
            addMatches("bank", name, figure);
            addMatches("legal_basis", basis, figure);
            curation.replaceAll((count, sum) -> sum + figure.count(count));
        }
        read(log, Stats.By.LABEL).figures().forEach(figure -> addMatches("label", figure.name(), figure));
        read(log, Stats.By.VERDICT)
                .figures()
                .forEach(figure -> verdicts.put(
                        figure.name(),
                        Map.of(
                                Stats.FILES, figure.count(Stats.FILES),
                                Stats.HASHES, figure.count(Stats.HASHES))));
        Stats.MISSING.forEach(cause -> missing.put(cause, 0L));
        read(log, Stats.By.MISSING).figures().forEach(figure -> missing.put(figure.name(), figure.count("rows")));
        reinstatable = log.reinstatable(from, to);
    }

    /** The report of a period of full hours, on the banks that the caller sees. */
    static TransparencyReport of(ScopedMatchLog log, Instant from, Instant to) {
        return new TransparencyReport(log, from, to);
    }

    private ScopedMatchLog.Figures read(ScopedMatchLog log, Stats.By by) {
        return log.stats(by, Stats.Step.PERIOD, from, to, null, MOST_FIGURES);
    }

    private static String legalBasis(@Nullable Bank bank) {
        return bank == null || bank.legalBasis() == null ? NOT_GIVEN : bank.legalBasis();
    }

    private void addMatches(String group, String name, Stats.Figure figure) {
        for (String count : HITS) {
            if (figure.count(count) > 0) {
                Objects.requireNonNull(matches.get(group))
                        .computeIfAbsent(name, unused -> new TreeMap<>())
                        .merge(count, figure.count(count), Long::sum);
            }
        }
    }

    private long uploads(String kind) {
        return verdicts.values().stream()
                .mapToLong(counts -> counts.getOrDefault(kind, 0L))
                .sum();
    }

    private long matches(String count) {
        return Objects.requireNonNull(matches.get("bank")).values().stream()
                .mapToLong(counts -> counts.getOrDefault(count, 0L))
                .sum();
    }

    private long curation(String count) {
        return curation.getOrDefault(count, 0L);
    }

    /** The part of the reviewed matches that were false, or null if none was reviewed. */
    private @Nullable Double errorRate() {
        long reviewed = curation(Stats.CONFIRMED) + curation(Stats.FALSE_MATCH);
        return reviewed == 0 ? null : (double) curation(Stats.FALSE_MATCH) / reviewed;
    }

    ObjectNode json() {
        ObjectNode json = Json.object().put("from", from.toString()).put("to", to.toString());
        ObjectNode uploads =
                json.putObject("uploads").put("files", uploads(Stats.FILES)).put("hash_lookups", uploads(Stats.HASHES));
        ArrayNode byVerdict = uploads.putArray("by_verdict");
        verdicts.forEach((verdict, counts) -> byVerdict
                .addObject()
                .put("verdict", verdict)
                .put("files", counts.getOrDefault(Stats.FILES, 0L))
                .put("hash_lookups", counts.getOrDefault(Stats.HASHES, 0L)));
        ObjectNode found = json.putObject("matches");
        HITS.forEach(count -> found.put(count, matches(count)));
        matches.forEach((group, all) -> {
            ArrayNode array = found.putArray("by_" + group);
            all.forEach((name, counts) -> {
                ObjectNode one = array.addObject().put(group, name);
                if (group.equals("bank")) {
                    one.put("legal_basis", legalBases.getOrDefault(name, NOT_GIVEN));
                }
                HITS.forEach(count -> one.put(count, counts.getOrDefault(count, 0L)));
            });
        });
        json.putObject("reviews")
                .put("confirmed", curation(Stats.CONFIRMED))
                .put("false_match", curation(Stats.FALSE_MATCH))
                .put("error_rate", errorRate());
        json.putObject("list")
                .put("additions", curation(Stats.ADDITIONS))
                .put("withdrawals", curation(Stats.WITHDRAWALS));
        json.putObject("reinstatable")
                .put("references", reinstatable.references())
                .put("without_reference", reinstatable.withoutReference());
        ObjectNode rows = json.putObject("missing_rows");
        missing.forEach(rows::put);
        return json;
    }

    /** The same figures, one a row: what it is, what it is grouped by and the name in that group, and the value. */
    byte[] csv() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (SequenceWriter rows = CSV.writerFor(String[].class).writeValues(out)) {
            rows.write(new String[] {"figure", "group", "name", "value"});
            write(rows, "from", "", "", from);
            write(rows, "to", "", "", to);
            for (String kind : List.of(Stats.FILES, Stats.HASHES)) {
                write(rows, kind, "", "", uploads(kind));
                verdicts.forEach(
                        (verdict, counts) -> write(rows, kind, "verdict", verdict, counts.getOrDefault(kind, 0L)));
            }
            for (String count : HITS) {
                write(rows, count, "", "", matches(count));
                matches.forEach((group, all) ->
                        all.forEach((name, counts) -> write(rows, count, group, name, counts.getOrDefault(count, 0L))));
            }
            curation.forEach((name, value) -> write(rows, name, "", "", value));
            Double rate = errorRate();
            write(rows, "error_rate", "", "", rate == null ? "" : rate);
            write(rows, "reinstatable_references", "", "", reinstatable.references());
            write(rows, "reinstatable_without_reference", "", "", reinstatable.withoutReference());
            missing.forEach((cause, value) -> write(rows, "missing_rows", "cause", cause, value));
        }
        return out.toByteArray();
    }

    private static void write(SequenceWriter rows, String figure, String group, String name, Object value) {
        rows.write(new String[] {figure, group, name, value.toString()});
    }
}
