package org.semblance.hashdb.recent;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.SplittableRandom;
import org.semblance.hashdb.RandomSeed;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;

/** Keeps uploads until it is killed, and tells which are kept; see {@link RecentKillTest}. */
final class KilledRing {
    static final RecentUploads.Limits LIMITS = new RecentUploads.Limits(5_000, Duration.ofDays(1));

    private KilledRing() {}

    static Hash256 hash(long number) {
        return RandomSeed.hash(new SplittableRandom(number));
    }

    /** Takes the folder and the number of the first upload. */
    public static void main(String[] args) throws Exception {
        RecentUploads uploads = RecentUploads.open(Path.of(args[0]), LIMITS, InstantSource.system());
        for (long number = Long.parseLong(args[1]); ; number++) {
            Hash256 hash = hash(number);
            uploads.offer(new Upload(List.of(new HashAndQuality(hash, 100)), "key", Long.toString(number)));
            if (number % 50 == 0) {
                uploads.near(List.of(hash), 0, key -> true, 1, () -> false); // Returns when all is kept.
                System.out.write((number + "\n").getBytes(StandardCharsets.US_ASCII));
                System.out.flush();
            }
        }
    }
}
