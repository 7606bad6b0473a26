package org.semblance.hashdb.hash;

/**
 * A PDQ hash and how much picture there was to hash.
 *
 * @param quality PDQ's own measure, 0 (flat) to 100; see {@link #MIN_QUALITY}
 */
public record HashAndQuality(Hash256 hash, int quality) {
    /**
     * The least quality at which a hash may be looked up or banked. Below it the bits say more about flatness than about
     * the picture, and flat pictures match each other. 50 is the value of PDQ's README and of python-threatexchange.
     */
    public static final int MIN_QUALITY = 50;

    public HashAndQuality {
        if (quality < 0 || quality > 100) {
            throw new IllegalArgumentException("quality: " + quality + " (expected: 0 to 100)");
        }
    }
}
