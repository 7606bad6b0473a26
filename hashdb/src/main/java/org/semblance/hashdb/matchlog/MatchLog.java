package org.semblance.hashdb.matchlog;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * What matched, when and for whom, in a file of its own beside the catalog. Safe for many threads.
 *
 * <p>{@link #offer} and {@link #asked} return at once; what they take is stored within a tenth of a second. What was on its way
 * when the process is killed is lost, and the next {@link #open} knows how much. What is read or reviewed through this class was
 * stored first.
 */
public final class MatchLog implements AutoCloseable {
    /** The file in the data folder. */
    public static final String FILE_NAME = LogFile.FILE_NAME;

    /** Rows that are kept of one verdict; those beyond are counted. */
    public static final int MOST_HITS = 1_000;

    private final MatchLogSettings settings;
    private final LogFile file;
    private final UploadCounts uploads;
    private final LogWriter writer;
    private final LogReaders readers;
    private final LogReader reader;
    private final InstantSource clock;
    private final List<Runnable> followers = new CopyOnWriteArrayList<>();

    private MatchLog(
            Path folder, MatchLogSettings settings, List<String> verdicts, ChangeFeed changes, InstantSource clock) {
        this.settings = settings;
        this.clock = clock;
        file = new LogFile(folder);
        uploads = new UploadCounts(verdicts);
        writer = new LogWriter(file, settings, clock, changes, uploads, OfferMark.open(folder), this::tellFollowers);
        readers = new LogReaders(file);
        reader = new LogReader(readers);
    }

    /**
     * Opens the log of a data folder. A file that is damaged, or of something else, is set aside with a warning. If the disk
     * fails, rows wait in memory until it works again.
     *
     * @param verdicts the names of all verdicts, in the order in which {@link #asked} counts them
     * @param changes of the catalog, to be counted
     */
    public static MatchLog open(
            Path folder, MatchLogSettings settings, List<String> verdicts, ChangeFeed changes, InstantSource clock) {
        return new MatchLog(folder, settings, verdicts, changes, clock);
    }

    /** Problems of the log in that folder, found by SQLite's own check; empty if there are none, or no log. */
    public static List<String> problems(Path folder) {
        return new LogFile(folder).problems();
    }

    /**
     * Copies the log of a data folder to another folder, in one consistent state, while the log is written.
     *
     * @return false if there is no log
     * @throws IOException if the log cannot be read or the copy cannot be written, or exists
     */
    public static boolean copy(Path folder, Path target) throws IOException {
        return new LogFile(folder).copy(target.resolve(FILE_NAME));
    }

    /** As {@link #problems(Path)}, of this log, while it is written. */
    public List<String> problems() {
        return file.problems();
    }

    /** What the log keeps. */
    public MatchLogSettings settings() {
        return settings;
    }

    /** How the log is now. */
    public MatchLogState state() {
        return writer.state();
    }

    /** The clock by which verdicts are dated. */
    public InstantSource clock() {
        return clock;
    }

    // What is written

    /**
     * Takes a verdict, whose rows are stored soon; drops and counts it if too much waits. Returns at once.
     *
     * @param verdict with at most {@link #MOST_HITS} hits
     */
    public void offer(LoggedVerdict verdict) {
        writer.offer(verdict);
    }

    /** Counts hits of a verdict beyond the most that are kept. */
    public void cut(long hits) {
        writer.cut(hits);
    }

    /**
     * Counts questions, whatever they found.
     *
     * @param key the name of the caller's key, or null
     * @param hashes whether hashes were sent, and no file
     * @param verdict its number in the list that {@link #open} was given
     */
    public void asked(@Nullable String key, boolean hashes, int verdict, long questions) {
        uploads.add(key, hashes, verdict, questions);
    }

    /** Waits until what was offered and counted is stored. */
    public void flush() {
        writer.call(store -> null);
    }

    /**
     * Stores a person's word on a verdict, durably; the newest word counts.
     *
     * @param contentId of the content that is meant, or null for all that the verdict names
     * @param visible as {@link LogFilter#visible}: the word is on contents of these banks alone
     * @return the contents that were reviewed; none if the log has no such verdict
     */
    public List<Long> review(UUID verdictId, @Nullable Long contentId, @Nullable Set<Long> visible, Review review) {
        return writer.call(store -> {
            List<LogStore.Reviewed> contents = reader.reviewable(verdictId, contentId, visible);
            if (!contents.isEmpty()) {
                store.review(verdictId, contents, review);
                store.commitDurably();
            }
            return contents.stream()
                    .map(LogStore.Reviewed::contentId)
                    .distinct()
                    .toList();
        });
    }

    // What is read

    /**
     * Rows that pass a filter.
     *
     * @param cursor rows before that id if the newest come first, else rows after it
     * @return at most so many; fewer with a {@link LogPage#next} if the filter lets few pass and many were looked through
     */
    public LogPage page(LogFilter filter, boolean newestFirst, long cursor, int limit) {
        flush();
        return reader.page(filter, newestFirst, cursor, limit);
    }

    /** As {@link #page}, oldest first, of what is stored now. */
    public LogPage stored(LogFilter filter, long after, int limit) {
        return reader.page(filter, false, after, limit);
    }

    /** The id of the newest row that is stored. */
    public long newestId() {
        return readers.read(connection ->
                LogReader.number(connection, "SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'match'"));
    }

    /**
     * The uploads that a content matched and was not suppressed for.
     *
     * @param limit the most references
     */
    public MatchedReferences references(long contentId, @Nullable Set<Long> visible, int limit) {
        flush();
        return reader.references(Set.of(contentId), null, visible, limit);
    }

    /** How many uploads contents of that bank matched and were not suppressed for. */
    public long countReferences(long bank, @Nullable Set<Long> visible) {
        flush();
        return reader.countReferences(bank, visible);
    }

    /** The newest names under which banks were seen, by id; those of deleted banks as well. */
    public Map<Long, String> bankNames() {
        return readers.read(connection -> {
            Map<Long, String> names = new HashMap<>();
            try (var select = connection.prepareStatement("SELECT bank_id, name FROM bank_name");
                    var row = select.executeQuery()) {
                while (row.next()) {
                    names.put(row.getLong(1), row.getString(2));
                }
            }
            return names;
        });
    }

    /** Figures of a period; see {@link Stats}. */
    public List<Stats.Figure> stats(Stats.Query query) {
        flush();
        return readers.read(connection -> Stats.read(connection, query));
    }

    /** The uploads of a period that could be reinstated; see {@link Stats#reinstatable}. */
    public Stats.Reinstatable reinstatable(Instant from, Instant to, @Nullable Set<Long> visible) {
        return readers.read(connection -> Stats.reinstatable(connection, from, to, visible));
    }

    // Who follows

    /**
     * Has somebody told whenever rows have been stored, by the thread that stores them: a follower must return at once.
     *
     * @return ends that
     */
    public Runnable follow(Runnable follower) {
        followers.add(follower);
        return () -> followers.remove(follower);
    }

    private void tellFollowers() {
        followers.forEach(Runnable::run);
    }

    /** Stores what was offered, and closes the file. */
    @Override
    public void close() {
        writer.close();
        readers.close();
    }
}
