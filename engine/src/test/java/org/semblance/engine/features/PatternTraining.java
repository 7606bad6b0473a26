package org.semblance.engine.features;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.semblance.hashdb.features.Features;

/**
 * Makes {@code pattern.txt}: chooses the tests of {@link Pattern} on photos, and their weights. To run it:
 *
 * <pre>PatternTraining FOLDER SEED PHOTOS FILE</pre>
 *
 * <p>Many tests are drawn at random. Each is made on the patches of many features. Tests are taken in the order of how near to half of the patches they are
 * true for, if they are not correlated with a test taken before, nor with its reflection. The limit on the correlation is
 * raised until there are enough. That is how Rublee et al. (2011) choose theirs, but for the reflections.
 *
 * <p>The weights are the first principal component of the differences between the bits of the tests and of their reflections.
 */
final class PatternTraining {
    private static final int CANDIDATES = 12_000;
    private static final int PATCHES_A_PHOTO = 120;
    private static final double SPREAD = 7.5;

    private static final double MOST_BIAS = 0.2;

    /** Of a test and its reflection: beyond it the pair tells no more than one test. */
    private static final double OWN_LIMIT = 0.8;

    private static final int TABLES = 4;
    private static final int WEIGHT_UNIT = 1_000;

    private final Random random;
    private final List<ReducedPicture> photos;
    private final int[][] candidates = new int[CANDIDATES][];

    /** For each candidate a bit a patch. */
    private long[][] bits = {};

    private long[][] reflected = {};
    private final double[] means = new double[CANDIDATES];
    private final double[] reflectedMeans = new double[CANDIDATES];
    private int patches;

    private PatternTraining(List<ReducedPicture> photos, long seed) {
        this.photos = photos;
        this.random = new Random(seed);
    }

    public static void main(String[] args) throws IOException {
        List<Path> files = new ArrayList<>(Photos.files(Path.of(args[0])));
        long seed = Long.parseLong(args[1]);
        Collections.shuffle(files, new Random(seed));
        int count = Integer.parseInt(args[2]);
        List<ReducedPicture> photos = Photos.read(files.subList(0, Math.min(count, files.size())), Profile.UPLOADED);
        List<String> lines = new ArrayList<>();
        lines.add("# Made by PatternTraining (engine's tests) with seed " + seed + " on " + photos.size() + " photos.");
        lines.add("# A test a line: x y of one pixel, x y of the other, and its weight.");
        lines.addAll(new PatternTraining(photos, seed).train());
        Files.write(Path.of(args[3]), lines);
    }

    private List<String> train() {
        draw();
        measure();
        int[] chosen = order(choose());
        int[] weights = weights(chosen);
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < chosen.length; i++) {
            int[] t = candidates[chosen[i]];
            lines.add(t[0] + " " + t[1] + " " + t[2] + " " + t[3] + " " + weights[i]);
        }
        return lines;
    }

    private void draw() {
        for (int i = 0; i < CANDIDATES; ) {
            int[] test = {point(), point(), point(), point()};
            if (inside(test[0], test[1])
                    && inside(test[2], test[3])
                    && Math.hypot(test[0] - test[2], test[1] - test[3]) >= 3) {
                candidates[i++] = test;
            }
        }
    }

    private int point() {
        return (int) Math.rint(SPREAD * random.nextGaussian());
    }

    private static boolean inside(int x, int y) {
        return x * x + y * y <= Pattern.RADIUS * Pattern.RADIUS;
    }

    /** Makes each test on all patches. */
    private void measure() {
        patches = photos.size() * PATCHES_A_PHOTO;
        int length = Math.ceilDiv(patches, Long.SIZE);
        bits = new long[CANDIDATES][length];
        reflected = new long[CANDIDATES][length];
        FeatureExtractor extractor = new FeatureExtractor(
                new Pattern(new int[Pattern.TESTS][4], new int[Pattern.TESTS]), FeatureKernels.best());
        int patch = 0;
        for (ReducedPicture photo : photos) {
            int[] corners = extractor.choose(photo, Profile.UPLOADED);
            extractor.pyramid().blur();
            for (int k = 0; k < Math.min(PATCHES_A_PHOTO, corners.length); k++, patch++) {
                measure(extractor.pyramid(), extractor.corner(corners[random.nextInt(corners.length)]), patch);
            }
        }
        patches = patch;
        for (int i = 0; i < CANDIDATES; i++) {
            means[i] = mean(bits[i]);
            reflectedMeans[i] = mean(reflected[i]);
        }
        System.err.println(patches + " patches");
    }

    private void measure(Pyramid pyramid, int[] corner, int patch) {
        byte[] blurred = pyramid.blurred();
        int at = pyramid.at(corner[0], corner[1], corner[2]);
        int angle = PatchAngle.of(FeatureKernels.best(), pyramid.plain(), at)[0];
        double turn = 2 * Math.PI * angle / Features.ANGLES;
        for (int i = 0; i < CANDIDATES; i++) {
            int[] t = candidates[i];
            if (test(blurred, at, t, 1, turn)) {
                bits[i][patch / Long.SIZE] |= 1L << patch;
            }
            if (test(blurred, at, t, -1, turn)) {
                reflected[i][patch / Long.SIZE] |= 1L << patch;
            }
        }
    }

    private static boolean test(byte[] blurred, int at, int[] t, int side, double turn) {
        return pixel(blurred, at, t[0], side * t[1], turn) < pixel(blurred, at, t[2], side * t[3], turn);
    }

    private static int pixel(byte[] blurred, int at, int x, int y, double turn) {
        double cos = Math.cos(turn);
        double sin = Math.sin(turn);
        return blurred[at + (int) Math.rint(x * sin + y * cos) * Pyramid.STRIDE + (int) Math.rint(x * cos - y * sin)]
                & 0xff;
    }

    /** The tests that are taken, the most balanced first. */
    private int[] choose() {
        Integer[] balanced = new Integer[CANDIDATES];
        Arrays.setAll(balanced, i -> i);
        Arrays.sort(balanced, Comparator.comparingDouble(i -> Math.abs(means[i] - 0.5)));
        for (double limit = 0.15; ; limit += 0.01) {
            List<Integer> taken = new ArrayList<>();
            for (int i : balanced) {
                if (Math.abs(means[i] - 0.5) <= MOST_BIAS
                        && Math.abs(correlation(i, i, reflected)) <= OWN_LIMIT
                        && isNew(i, taken, limit)) {
                    taken.add(i);
                    if (taken.size() == Pattern.TESTS) {
                        System.err.printf(Locale.ROOT, "correlation up to %.2f%n", limit);
                        return taken.stream().mapToInt(t -> t).toArray();
                    }
                }
            }
        }
    }

    private boolean isNew(int test, List<Integer> taken, double limit) {
        for (int other : taken) {
            if (Math.abs(correlation(test, other, bits)) > limit
                    || Math.abs(correlation(test, other, reflected)) > limit) {
                return false;
            }
        }
        return true;
    }

    /** Deals the tests to the tables in turn: each takes the one that is least correlated with those that it has. */
    private int[] order(int[] chosen) {
        List<Integer> left = new ArrayList<>(Arrays.stream(chosen).boxed().toList());
        int perTable = Pattern.TESTS / TABLES;
        int[] ordered = new int[Pattern.TESTS];
        for (int place = 0; place < perTable; place++) {
            for (int table = 0; table < TABLES; table++) {
                int first = table * perTable;
                int best = left.getFirst();
                double least = Double.MAX_VALUE;
                for (int test : left) {
                    double sum = Math.abs(2 * means[test] - 1);
                    for (int i = first; i < first + place; i++) {
                        double correlation = correlation(test, ordered[i], bits);
                        sum += correlation * correlation;
                    }
                    // Of equals the more balanced, which stands first.
                    if (sum < least) {
                        least = sum;
                        best = test;
                    }
                }
                ordered[first + place] = best;
                left.remove((Integer) best);
            }
        }
        return ordered;
    }

    private int[] weights(int[] chosen) {
        int n = chosen.length;
        double[][] covariance = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                // The mean of a difference is 0: each patch might as well have been its mirror image.
                covariance[i][j] = product(chosen[i], chosen[j]);
            }
        }
        double[] component = new double[n];
        Arrays.setAll(component, i -> random.nextGaussian());
        for (int round = 0; round < 2_000; round++) {
            double[] next = new double[n];
            double length = 0;
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    next[i] += covariance[i][j] * component[j];
                }
                length += next[i] * next[i];
            }
            for (int i = 0; i < n; i++) {
                component[i] = next[i] / Math.sqrt(length);
            }
        }
        return Arrays.stream(component)
                .mapToInt(weight -> (int) Math.round(WEIGHT_UNIT * weight))
                .toArray();
    }

    /** The mean of the product of two tests' differences from their reflections. */
    private double product(int a, int b) {
        long sum = 0;
        for (int w = 0; w < bits[a].length; w++) {
            long upA = bits[a][w] & ~reflected[a][w];
            long downA = reflected[a][w] & ~bits[a][w];
            long upB = bits[b][w] & ~reflected[b][w];
            long downB = reflected[b][w] & ~bits[b][w];
            sum += Long.bitCount(upA & upB) + Long.bitCount(downA & downB);
            sum -= Long.bitCount(upA & downB) + Long.bitCount(downA & upB);
        }
        return (double) sum / patches;
    }

    private double mean(long[] a) {
        long ones = 0;
        for (long word : a) {
            ones += Long.bitCount(word);
        }
        return (double) ones / patches;
    }

    /** Of a test with another, or with the reflection of another. */
    private double correlation(int test, int other, long[][] otherBits) {
        long[] a = bits[test];
        long[] b = otherBits[other];
        long both = 0;
        for (int w = 0; w < a.length; w++) {
            both += Long.bitCount(a[w] & b[w]);
        }
        double meanA = means[test];
        double meanB = otherBits == bits ? means[other] : reflectedMeans[other];
        return ((double) both / patches - meanA * meanB) / Math.sqrt(meanA * (1 - meanA) * meanB * (1 - meanB) + 1e-12);
    }
}
