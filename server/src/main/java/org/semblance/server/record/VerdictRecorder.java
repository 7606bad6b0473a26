package org.semblance.server.record;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.HashReport;
import org.semblance.engine.MatchReport;
import org.semblance.engine.judge.Finding;
import org.semblance.engine.judge.Judgement;
import org.semblance.engine.judge.Verdict;
import org.semblance.hashdb.Match;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;
import org.semblance.hashdb.matchlog.LoggedHit;
import org.semblance.hashdb.matchlog.LoggedVerdict;
import org.semblance.hashdb.matchlog.MatchLog;
import org.semblance.hashdb.matchlog.Outcome;
import org.semblance.hashdb.matchlog.VerdictIds;
import org.semblance.server.flood.FloodControl;
import org.semblance.server.json.ReportJson;
import org.semblance.server.recent.UploadMemory;
import org.semblance.server.route.Request;

/**
 * What follows every verdict, whichever door gave it: it is counted, one that names contents becomes rows of the match log,
 * what matches is counted against floods, and the upload is remembered. Safe for many threads.
 */
public final class VerdictRecorder {
    /** The longest reference that a row keeps. */
    public static final int MAX_REFERENCE_CHARS = 256;

    /** The names by which {@link MatchLog#asked} counts. */
    public static final List<String> VERDICTS =
            Stream.of(Verdict.values()).map(Verdict::wireName).toList();

    private final MatchLog log;
    private final UploadMemory uploads;
    private final FloodControl flood;

    public VerdictRecorder(MatchLog log, UploadMemory uploads, FloodControl flood) {
        this.log = log;
        this.uploads = uploads;
        this.flood = flood;
    }

    /**
     * A verdict on a file is about to be told.
     *
     * @param reference the caller's own id of the file, or null
     * @return the id of the verdict, for the answer
     */
    public UUID file(Request request, MatchReport report, @Nullable String reference) {
        long at = log.clock().millis();
        UUID id = VerdictIds.next(at);
        Judgement judgement = report.judgement();
        count(request, false, report.verdict(), 1);
        if (namesContents(judgement)) {
            String contentType = report.hashed().contentType() == null
                    ? null
                    : report.hashed().contentType().wireName();
            Hash256 hash = pdq(report.hashed().signals());
            log(id, at, request, judgement, reference, contentType, report.listVersion(), hash);
        }
        uploads.remember(request.caller(), reference, report.hashed(), report.listVersion());
        return id;
    }

    /** A file was looked up by a dialect that has no reference for it. */
    public void upload(Request request, HashReport hashed) {
        uploads.remember(request.caller(), null, hashed, Long.MAX_VALUE);
    }

    /**
     * What the signals of a file have found is about to be told, by a dialect that has no word for a verdict's id.
     *
     * @param contentType of the file
     */
    public void signals(Request request, String contentType, List<Signal> signals, Judgement judgement, long version) {
        boolean flat = request.trace().verdict() == Verdict.UNDECIDABLE && judgement.verdict() == Verdict.NO_MATCH;
        count(request, false, flat ? Verdict.UNDECIDABLE : judgement.verdict(), 1);
        if (namesContents(judgement)) {
            long at = log.clock().millis();
            log(VerdictIds.next(at), at, request, judgement, null, contentType, version, pdq(signals));
        }
    }

    /**
     * What one hash, or the frames of a video, have found is about to be told, by such a dialect. A miss makes nothing: such
     * lookups come some ten thousand times a second.
     *
     * @param hash a PDQ hash, or null if it was something else
     */
    public void hash(Request request, @Nullable Hash256 hash, Judgement judgement, long version) {
        count(request, true, judgement.verdict(), 1);
        if (namesContents(judgement)) {
            long at = log.clock().millis();
            log(VerdictIds.next(at), at, request, judgement, null, null, version, hash);
        }
    }

    /**
     * The verdicts of one request on hashes.
     *
     * @param reference the caller's own id of all of them, or null
     */
    public Lookups lookups(Request request, @Nullable String reference) {
        return new Lookups(request, reference);
    }

    /** The verdicts of one request. Nothing is counted or logged before {@link #told}. For one thread at a time. */
    public final class Lookups {
        private final Request request;
        private final @Nullable String reference;
        private final int[] counts = new int[VERDICTS.size()];
        private @Nullable List<LoggedVerdict> named;
        private long cut;

        private Lookups(Request request, @Nullable String reference) {
            this.request = request;
            this.reference = reference;
        }

        /**
         * A verdict on a hash.
         *
         * @param own the caller's own id of that hash, or null for that of the request
         * @param hash a PDQ hash, or null if it was something else
         * @param version the {@code seq} of the database that the lookup saw
         * @return the id of the verdict if it names a content, or null
         */
        public @Nullable UUID add(Judgement judgement, @Nullable String own, @Nullable Hash256 hash, long version) {
            counts[judgement.verdict().ordinal()]++;
            String kept = own != null && own.length() <= MAX_REFERENCE_CHARS ? own : reference;
            if (hash != null && kept != null) {
                uploads.remember(request.caller(), kept, hash, version);
            }
            if (!namesContents(judgement)) {
                return null;
            }
            flood.count(judgement.standing());
            long at = log.clock().millis();
            UUID id = VerdictIds.next(at);
            List<LoggedVerdict> all = named;
            if (all == null) {
                all = new ArrayList<>();
                named = all;
            }
            LoggedVerdict verdict = logged(id, at, request, judgement, kept, null, version, hash);
            cut += hits(judgement) - verdict.hits().size();
            all.add(verdict);
            return id;
        }

        /** The answer to what was added is about to be told. */
        public void told() {
            for (int i = 0; i < counts.length; i++) {
                if (counts[i] > 0) {
                    log.asked(request.caller().key(), true, i, counts[i]);
                    counts[i] = 0;
                }
            }
            if (named != null) {
                named.forEach(log::offer);
                named = null;
                log.cut(cut);
                cut = 0;
            }
        }
    }

    private void count(Request request, boolean hashes, Verdict verdict, int questions) {
        log.asked(request.caller().key(), hashes, verdict.ordinal(), questions);
    }

    private void log(
            UUID id,
            long at,
            Request request,
            Judgement judgement,
            @Nullable String reference,
            @Nullable String contentType,
            long version,
            @Nullable Hash256 hash) {
        LoggedVerdict verdict = logged(id, at, request, judgement, reference, contentType, version, hash);
        log.offer(verdict);
        log.cut(hits(judgement) - verdict.hits().size());
        flood.count(judgement.standing());
    }

    private LoggedVerdict logged(
            UUID id,
            long at,
            Request request,
            Judgement judgement,
            @Nullable String reference,
            @Nullable String contentType,
            long version,
            @Nullable Hash256 hash) {
        List<LoggedHit> hits = new ArrayList<>(Math.min(MatchLog.MOST_HITS, hits(judgement)));
        // First what suppresses, without which the rows of what is suppressed could not be understood.
        judgement.suppressedBy().forEach(finding -> add(hits, Outcome.SUPPRESSED_BY, finding));
        judgement
                .matches()
                .forEach(finding -> add(hits, finding.suppressed() ? Outcome.SUPPRESSED : Outcome.MATCH, finding));
        judgement.likely().forEach(finding -> add(hits, Outcome.LIKELY, finding));
        judgement.quarantined().forEach(finding -> add(hits, Outcome.QUARANTINED, finding));
        return new LoggedVerdict(
                id,
                at,
                judgement.verdict().wireName(),
                request.route().pattern(),
                request.caller().key(),
                reference,
                contentType,
                version,
                log.settings().hashes() ? hash : null,
                hits);
    }

    private static void add(List<LoggedHit> hits, Outcome outcome, Finding finding) {
        if (hits.size() == MatchLog.MOST_HITS) {
            return;
        }
        Match match = finding.match();
        hits.add(new LoggedHit(
                outcome,
                finding.bank().id(),
                finding.bank().name(),
                finding.content().id(),
                finding.content().labels(),
                finding.signalType(),
                match == null ? null : match.distance(),
                match == null ? "edited" : finding.transform(),
                finding.alignment() == null
                        ? null
                        : ReportJson.finding(finding).path("spans").toString()));
    }

    private static boolean namesContents(Judgement judgement) {
        return !judgement.matches().isEmpty()
                || !judgement.likely().isEmpty()
                || !judgement.quarantined().isEmpty();
    }

    private static int hits(Judgement judgement) {
        return judgement.matches().size()
                + judgement.likely().size()
                + judgement.quarantined().size()
                + judgement.suppressedBy().size();
    }

    private static @Nullable Hash256 pdq(List<Signal> signals) {
        for (Signal signal : signals) {
            if (signal.type() == SignalType.PDQ) {
                return signal.hash();
            }
        }
        return null;
    }
}
