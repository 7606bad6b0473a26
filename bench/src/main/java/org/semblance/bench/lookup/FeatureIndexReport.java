package org.semblance.bench.lookup;

import static org.semblance.bench.harness.Report.print;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.features.BankedPicture;
import org.semblance.hashdb.features.FeatureIndex;
import org.semblance.hashdb.features.FeatureIndexState;
import org.semblance.hashdb.features.Features;
import org.semblance.hashdb.hash.Hash256;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * What the index of features takes: CPU of a lookup, memory of a picture, additions a second, and the times to save and open.
 *
 * <p>The features are noisy replicas of some thousand prototypes with biased bits, so that bits are skewed and correlated as
 * those of real pictures. Some pictures are added in one go, the rest one by one. Lookups are of pictures that are not banked, and of
 * copies of banked ones among other features; of the latter it is told how many were found first.
 *
 * <p>To keep to one core: {@code taskset -c 0}.
 */
public final class FeatureIndexReport {
    private static final int PROTOTYPES = 4000;
    private static final int BANKED = 200;
    private static final int QUERIED = 500;
    private static final int MAX_DISTANCE = 34;
    private static final int MIN_VOTES = 3;
    private static final int MAX_PICTURES = 50;
    private static final int QUERIES = 200;
    private static final int ROUNDS = 5;
    private static final LongSupplier CPU = ManagementFactory.getThreadMXBean()::getCurrentThreadCpuTime;

    private final SplittableRandom random;
    private final long[][] prototypes = new long[PROTOTYPES][Features.WORDS];

    private FeatureIndexReport(long seed) {
        random = new SplittableRandom(seed);
        for (long[] prototype : prototypes) {
            for (int word = 0; word < prototype.length; word++) {
                // The low bits of each half are balanced, the others are set with a probability of 1/4.
                long balanced = random.nextLong();
                prototype[word] = balanced & (random.nextLong() | 0x0000_FFFF_0000_FFFFL);
            }
        }
    }

    @Command(name = "feature-index", description = "Measures the index of features.")
    static void measure(
            @Parameters(description = "Features to bank, 200 a picture.") int features,
            @Parameters(
                            paramLabel = "<seed>",
                            arity = "0..1",
                            description = "Of the features (default: another each time).")
                    @Nullable
                    Long given,
            @Parameters(arity = "0..1", description = "Pictures that are added one by one (default: half of them).")
                    @Nullable
                    Integer oneByOne)
            throws IOException {
        int pictures = features / BANKED;
        long seed = given == null ? System.nanoTime() : given;
        print("%,d pictures of %d features, seed %d", pictures, BANKED, seed);
        new FeatureIndexReport(seed).run(pictures, oneByOne == null ? pictures - pictures / 2 : oneByOne);
    }

    private void run(int pictures, int oneByOne) throws IOException {
        List<Features> sample = new ArrayList<>();
        Path file = Files.createTempFile("features", ".snapshot");
        try (FeatureIndex index = new FeatureIndex()) {
            int atOnce = pictures - oneByOne;
            long begun = System.nanoTime();
            index.addAll(sink -> {
                for (int id = 0; id < atOnce; id++) {
                    sink.content(id, List.of(new BankedPicture(0, next(id, atOnce, sample))));
                }
            });
            print("added in one go: %,.0f pictures/s, with the time to make them", rate(atOnce, begun));
            addOneByOne(index, atOnce, pictures);
            report(index.state(), pictures);
            measure(index, sample);
            begun = System.nanoTime();
            index.save(file, 1, new Hash256(0, 0, 0, 0));
            print("saved in %.2f s, %,d MB", seconds(begun), Files.size(file) >> 20);
            begun = System.nanoTime();
            long cpu = processCpu();
            FeatureIndex opened = FeatureIndex.open(file).index();
            print("opened in %.2f s, %.2f s CPU", seconds(begun), (processCpu() - cpu) / 1e9);
            report(opened.state(), pictures);
            measure(opened, sample);
            opened.close();
        } finally {
            Files.delete(file);
        }
    }

    private Features next(int id, int of, List<Features> sample) {
        Features picture = picture(BANKED);
        if (id % Math.max(1, of / QUERIES) == 0) {
            sample.add(picture);
        }
        return picture;
    }

    private void addOneByOne(FeatureIndex index, int from, int to) {
        long slowest = 0;
        long total = 0;
        for (int id = from; id < to; id++) {
            List<BankedPicture> pictures = List.of(new BankedPicture(0, picture(BANKED)));
            long before = System.nanoTime();
            index.add(id, pictures);
            long took = System.nanoTime() - before;
            total += took;
            slowest = Math.max(slowest, took);
        }
        print("added one by one: %,.0f pictures/s, the slowest in %.1f ms", (to - from) * 1e9 / total, slowest / 1e6);
    }

    private static void report(FeatureIndexState state, int pictures) {
        print(
                "%,d features, %,d bytes a picture, %,d not merged, %d merges",
                state.features(), state.bytes() / pictures, state.recentFeatures(), state.merges());
    }

    private void measure(FeatureIndex index, List<Features> sample) {
        List<Features> misses = new ArrayList<>();
        List<Features> copies = new ArrayList<>();
        for (Features banked : sample) {
            misses.add(picture(QUERIED));
            copies.add(copy(banked));
        }
        lookups(index, "misses", misses, sample);
        lookups(index, "copies", copies, sample);
        long begun = CPU.getAsLong();
        for (Features banked : sample) {
            index.documentFrequency(banked, MAX_DISTANCE, id -> true);
        }
        print("document frequencies: %.3f ms CPU", (CPU.getAsLong() - begun) / 1e6 / sample.size());
    }

    private static void lookups(FeatureIndex index, String what, List<Features> queries, List<Features> sample) {
        double best = Double.MAX_VALUE;
        int found = 0;
        long answers = 0;
        FeatureIndexState before = index.state();
        for (int round = 0; round < ROUNDS; round++) {
            found = 0;
            answers = 0;
            long begun = CPU.getAsLong();
            for (int i = 0; i < queries.size(); i++) {
                var answer = index.lookup(queries.get(i), MAX_DISTANCE, null, MIN_VOTES, MAX_PICTURES);
                answers += answer.size();
                found += !answer.isEmpty() && answer.getFirst().banked().equals(sample.get(i)) ? 1 : 0;
            }
            best = Math.min(best, (CPU.getAsLong() - begun) / 1e6 / queries.size());
        }
        FeatureIndexState after = index.state();
        print(
                "%s of %d features: %.3f ms CPU, %.1f candidates a feature, %.1f hubs and %.1f pictures a lookup,"
                        + " %d of %d found first",
                what,
                QUERIED,
                best,
                (after.candidates() - before.candidates()) / (double) (after.lookups() - before.lookups()) / QUERIED,
                (after.hubs() - before.hubs()) / (double) (after.lookups() - before.lookups()),
                (double) answers / queries.size(),
                found,
                queries.size());
    }

    private Features picture(int count) {
        long[] descriptors = new long[Features.WORDS * count];
        int[] places = new int[count];
        for (int i = 0; i < count; i++) {
            long[] near = prototypes[random.nextInt(PROTOTYPES)];
            for (int word = 0; word < Features.WORDS; word++) {
                descriptors[Features.WORDS * i + word] = near[word] ^ noise();
            }
            places[i] = place();
        }
        return new Features(480, 360, descriptors, places);
    }

    /** Bits that are set with a probability of 5/32. */
    private long noise() {
        long half = random.nextLong();
        long quarter = half & random.nextLong();
        long eighth = quarter & random.nextLong();
        return eighth | quarter & rare();
    }

    private long rare() {
        long half = random.nextLong();
        return half & random.nextLong();
    }

    private int place() {
        return Features.place(
                random.nextInt(960),
                random.nextInt(720),
                random.nextInt(12),
                random.nextInt(128),
                random.nextBoolean());
    }

    /** Half of the features of a banked picture, each with up to 40 bits flipped, among others. */
    private Features copy(Features banked) {
        Features others = picture(QUERIED);
        long[] descriptors = new long[Features.WORDS * QUERIED];
        int[] places = new int[QUERIED];
        for (int i = 0; i < QUERIED; i++) {
            boolean copied = i < banked.count() / 2;
            Features from = copied ? banked : others;
            for (int word = 0; word < Features.WORDS; word++) {
                descriptors[Features.WORDS * i + word] = from.word(i, word);
            }
            places[i] = from.place(i);
            for (int flip = copied ? random.nextInt(41) : 0; flip > 0; flip--) {
                int bit = random.nextInt(Long.SIZE * Features.WORDS);
                descriptors[Features.WORDS * i + bit / Long.SIZE] ^= 1L << bit % Long.SIZE;
            }
        }
        return new Features(480, 360, descriptors, places);
    }

    private static long processCpu() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static double seconds(long begun) {
        return (System.nanoTime() - begun) / 1e9;
    }

    private static double rate(int count, long begun) {
        return count / seconds(begun);
    }
}
