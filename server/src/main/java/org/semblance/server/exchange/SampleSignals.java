package org.semblance.server.exchange;

import java.util.ArrayList;
import java.util.List;
import org.semblance.hashdb.catalog.ContentDraft;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.Signal;
import org.semblance.hashdb.hash.SignalType;

/**
 * What the exchange {@code sample} gives: as many signals of each type as HMA's has, around the PDQ hash that HMA's
 * documentation looks up.
 */
final class SampleSignals {
    /** Raised when the signals change, so that they are fetched again. */
    static final String VERSION = "1";

    private static final Hash256 EXAMPLE =
            Hash256.parse("f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22");
    private static final int PDQ_HASHES = 16;

    /** Of the texts {@code semblance sample 1} and {@code semblance sample 2}. */
    private static final List<String> MD5 =
            List.of("b87c2b2c6623956c0127811548d4d183", "eb174b8037a32ab67b3a185ba98ae75b");

    private SampleSignals() {}

    static List<ContentDraft> contents() {
        List<ContentDraft> contents = new ArrayList<>();
        for (int i = 0; i < PDQ_HASHES; i++) {
            // The example itself, and copies of it 2, 4, ... 30 bits away.
            Hash256 near = flipped(2 * i);
            contents.add(new ContentDraft(List.of(new Signal(SignalType.PDQ, near.toHex()))));
        }
        for (String md5 : MD5) {
            contents.add(new ContentDraft(List.of(new Signal(SignalType.MD5, md5))));
        }
        return contents;
    }

    /** The example with that many of its lowest bits flipped, below 64. */
    private static Hash256 flipped(int bits) {
        return new Hash256(EXAMPLE.w3(), EXAMPLE.w2(), EXAMPLE.w1(), EXAMPLE.w0() ^ ((1L << bits) - 1));
    }
}
