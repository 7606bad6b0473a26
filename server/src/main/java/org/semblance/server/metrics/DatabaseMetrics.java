package org.semblance.server.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.DatabaseState;
import org.semblance.hashdb.features.FeatureIndexState;
import org.semblance.hashdb.follow.DatabaseEvents;
import org.semblance.hashdb.follow.IndexKind;
import org.semblance.hashdb.index.IndexState;
import org.semblance.hashdb.index.kernel.Kernels;
import org.semblance.hashdb.offheap.HugePages;

/** What is counted of the database. Made before it is opened, so that its opening is seen as well. */
final class DatabaseMetrics implements DatabaseEvents {
    /** A scrape asks for some thirty numbers; they are of one moment. */
    private static final long STATE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** To look at all pages of a large index takes longer than a scrape should. */
    private static final long PAGES_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final MeterRegistry registry;
    private final Timer commits;
    private final DistributionSummary commitChanges;
    private final Timer indexBuilds;
    private final Timer indexFetches;
    private final Counter indexFetchFailures;
    private final Timer indexSaves;
    private final Counter indexSaveFailures;
    private final Timer viewBuilds;
    private final Counter viewFailures;

    private HugePages.@Nullable Share pages;
    private long pagesNanos;
    private @Nullable Supplier<DatabaseState> database;
    private @Nullable DatabaseState last;
    private long lastNanos;

    DatabaseMetrics(MeterRegistry registry, Duration... buckets) {
        this.registry = registry;
        commits = Timer.builder("semblance.commit")
                .description("Time to make a group of changes durable, in which one sync of the disk is for all")
                .serviceLevelObjectives(buckets)
                .register(registry);
        commitChanges = DistributionSummary.builder("semblance.commit.changes")
                .description("Changes in a group")
                .register(registry);
        indexBuilds = timer("semblance.index.build", "Building the index from the catalog, for want of a snapshot");
        indexFetches =
                timer("semblance.index.fetch", "Beginning with a peer's snapshot of the index: fetched and loaded");
        indexFetchFailures =
                counter("semblance.index.fetch.failures", "Snapshots of peers that could not be had or were not right");
        indexSaves = timer("semblance.index.save", "Writing the snapshot of the index");
        indexSaveFailures = counter("semblance.index.save.failures", "Snapshots that could not be written");
        viewBuilds = timer("semblance.view.build", "Building the serving view from the catalog");
        viewFailures = counter("semblance.view.failures", "Views that failed; the catalog answers in their place");
    }

    private Timer timer(String name, String help) {
        return Timer.builder(name).description(help).register(registry);
    }

    private Counter counter(String name, String help) {
        return Counter.builder(name).description(help).register(registry);
    }

    /** Asks that database from now on, at each scrape. */
    void watch(Supplier<DatabaseState> source, Path folder) {
        database = source;
        gauge(
                "semblance.hashes",
                "Perceptual hashes that are matchable",
                s -> s.index().pairs());
        gauge("semblance.list.version", "Number of the newest change that lookups see", DatabaseState::seq);
        gauge(
                "semblance.index.memory.bytes",
                "Memory of the index outside the heap",
                s -> s.index().offHeapBytes());

        String pages = "semblance.index.resident.bytes";
        String pagesHelp = "Resident memory of the indexes outside the heap, on huge pages and on small ones";
        gauge(pages, pagesHelp, s -> pages().hugeBytes(), "pages", "huge");
        gauge(pages, pagesHelp, s -> pages().smallBytes(), "pages", "small");
        String slots = "semblance.index.slots";
        String slotsHelp =
                "Places of distinct hashes: used; free, left by removed ones and used again; spare, never used";
        gauge(slots, slotsHelp, s -> s.index().hashes(), "state", "used");
        gauge(slots, slotsHelp, s -> s.index().slots() - s.index().hashes(), "state", "free");
        gauge(slots, slotsHelp, s -> s.index().slotsAllocated() - s.index().slots(), "state", "spare");
        String tables = "semblance.index.table.bytes";
        String tablesHelp = "Memory of the tables: used; dead, left behind by buckets that have grown";
        gauge(tables, tablesHelp, s -> s.index().tableUsedBytes(), "state", "used");
        gauge(tables, tablesHelp, s -> s.index().tableDeadBytes(), "state", "dead");
        gauge(
                "semblance.index.tables.moving",
                "Tables that are being rebuilt in fresh memory",
                s -> s.index().tablesMoving());
        counter(
                "semblance.index.table.moves",
                "Tables that were rebuilt in fresh memory",
                s -> s.index().tableMoves());
        gauge(
                "semblance.index.degraded",
                "1 if memory for the tables ran out and lookups scan",
                s -> s.index().mode() == IndexState.Mode.DEGRADED ? 1 : 0);
        gauge(
                "semblance.index.kernel.info",
                "1 for the form in which lookups run: native code, or Java with or without vector instructions",
                s -> 1,
                "form",
                Kernels.best().name());
        gauge("semblance.index.saving", "1 while the snapshot is written", s -> s.indexSaving() ? 1 : 0);
        gauge("semblance.index.beside", "Changes that wait beside the index while it is saved", s -> s.indexBeside());
        gauge("semblance.index.unsaved", "Hashes that changed since the snapshot", s -> s.indexUnsaved());

        watchFeatures();

        String lag = "semblance.lag.changes";
        String lagHelp = "Changes that are durable and not taken in yet, by the index or the serving view";
        gauge(lag, lagHelp, s -> s.committedSeq() - s.seq(), "of", "index");
        gauge(lag, lagHelp, s -> s.viewSeq() < 0 ? Double.NaN : s.committedSeq() - s.viewSeq(), "of", "view");
        gauge("semblance.view.ready", "0 while there is no view and the catalog answers", s -> s.viewSeq() < 0 ? 0 : 1);
        gauge("semblance.view.building", "1 while a view is opened or built", s -> s.viewBuilding() ? 1 : 0);
        gauge("semblance.view.contents", "Contents in the view", DatabaseState::viewContents);

        String storage = "semblance.storage.bytes";
        String storageHelp = "Size of the files in the data folder";
        gauge(storage, storageHelp, DatabaseState::catalogBytes, "file", "catalog");
        gauge(storage, storageHelp, DatabaseState::walBytes, "file", "wal");
        gauge(storage, storageHelp, DatabaseState::snapshotBytes, "file", "snapshot");
        gauge(storage, storageHelp, DatabaseState::featuresSnapshotBytes, "file", "features");
        gauge(storage, storageHelp, DatabaseState::viewBytes, "file", "view");
        Gauge.builder(
                        "semblance.storage.free.bytes",
                        folder,
                        data -> data.toFile().getUsableSpace())
                .description("What is free on the disk of the data folder")
                .strongReference(true)
                .register(registry);
    }

    private synchronized HugePages.Share pages() {
        long now = System.nanoTime();
        HugePages.Share known = pages;
        if (known == null || now - pagesNanos > PAGES_NANOS) {
            known = HugePages.share();
            pages = known;
            pagesNanos = now;
        }
        return known;
    }

    private void watchFeatures() {
        gauge(
                "semblance.features",
                "Local features that are banked",
                s -> s.features().features());
        gauge(
                "semblance.features.pictures",
                "Pictures with local features that are banked",
                s -> s.features().pictures());
        gauge(
                "semblance.features.memory.bytes",
                "Memory of the index of features outside the heap",
                s -> s.features().bytes());
        gauge(
                "semblance.features.unsaved",
                "Features that changed since their snapshot",
                DatabaseState::featuresUnsaved);
        featureCounter(
                "lookups",
                "Lookups in the index of features: of an upload, and of each banked picture that it is like",
                FeatureIndexState::lookups);
        featureCounter(
                "candidates",
                "Banked features that were compared with one of an upload, bit by bit",
                FeatureIndexState::candidates);
        featureCounter(
                "hubs", "Buckets that were skipped because too many features share them", FeatureIndexState::hubs);
        featureCounter(
                "capped.pictures",
                "Pictures that had enough votes and were not compared, because others had more",
                FeatureIndexState::cappedPictures);
    }

    private void featureCounter(String name, String help, ToDoubleFunction<FeatureIndexState> value) {
        counter("semblance.features." + name, help, s -> value.applyAsDouble(s.features()));
    }

    private void counter(String name, String help, ToDoubleFunction<DatabaseState> value) {
        FunctionCounter.builder(name, this, it -> value.applyAsDouble(it.state()))
                .description(help)
                .register(registry);
    }

    /** @param tags pairs of a name and a value */
    private void gauge(String name, String help, ToDoubleFunction<DatabaseState> value, String... tags) {
        Gauge.builder(name, this, it -> value.applyAsDouble(it.state()))
                .description(help)
                .tags(tags)
                .strongReference(true)
                .register(registry);
    }

    private synchronized DatabaseState state() {
        DatabaseState state = last;
        long now = System.nanoTime();
        if (state == null || now - lastNanos > STATE_NANOS) {
            state = Objects.requireNonNull(database).get();
            last = state;
            lastNanos = now;
        }
        return state;
    }

    @Override
    public void committed(int changes, Duration took) {
        commits.record(took);
        commitChanges.record(changes);
    }

    @Override
    public void built(IndexKind index, Duration took) {
        if (index == IndexKind.HASHES) {
            indexBuilds.record(took);
        }
    }

    @Override
    public void fetched(IndexKind index, Duration took) {
        if (index == IndexKind.HASHES) {
            indexFetches.record(took);
        }
    }

    @Override
    public void fetchFailed(IndexKind index) {
        if (index == IndexKind.HASHES) {
            indexFetchFailures.increment();
        }
    }

    @Override
    public void saved(IndexKind index, Duration took) {
        if (index == IndexKind.HASHES) {
            indexSaves.record(took);
        }
    }

    @Override
    public void saveFailed(IndexKind index) {
        if (index == IndexKind.HASHES) {
            indexSaveFailures.increment();
        }
    }

    @Override
    public void viewBuilt(Duration took) {
        viewBuilds.record(took);
    }

    @Override
    public void viewFailed() {
        viewFailures.increment();
    }
}
