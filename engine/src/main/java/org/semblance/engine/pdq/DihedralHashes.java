package org.semblance.engine.pdq;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import org.semblance.hashdb.hash.Hash256;

/**
 * The hashes of a picture and of its seven turned and mirrored variants, all from one filtering.
 *
 * <p>They are not quite the hashes of the turned files: the filter walks its lines in one direction, so that those may
 * differ by some bits.
 *
 * @param hashes one for each of the eight {@link Transform}s, in their order
 * @param quality 0..100, the same for all
 */
public record DihedralHashes(Map<Transform, Hash256> hashes, int quality) {
    public DihedralHashes {
        hashes = Collections.unmodifiableMap(new EnumMap<>(hashes));
        if (hashes.size() != Transform.values().length) {
            throw new IllegalArgumentException("hashes: " + hashes.keySet() + " (expected: all eight transforms)");
        }
    }
}
