package org.semblance.hashdb.matchlog;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.locks.LockSupport;

/** Offers verdicts until it is killed, and says which; see {@link MatchLogKillTest}. */
final class KilledLogger {
    private KilledLogger() {}

    /** @param args the folder, and the number of the first reference */
    @SuppressWarnings("InfiniteLoopStatement")
    public static void main(String[] args) throws IOException {
        FileOutputStream out = new FileOutputStream(FileDescriptor.out);
        InstantSource clock = InstantSource.system();
        MatchLog log = LogFixture.open(Path.of(args[0]), clock);
        for (long n = Long.parseLong(args[1]); ; n++) {
            log.offer(LogFixture.verdict(clock, "k", Long.toString(n), LogFixture.hit(Outcome.MATCH, 1, 1 + n % 50)));
            out.write((n + "\n").getBytes(StandardCharsets.US_ASCII));
            LockSupport.parkNanos(200_000);
        }
    }
}
