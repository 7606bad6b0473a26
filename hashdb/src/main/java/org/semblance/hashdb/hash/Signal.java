package org.semblance.hashdb.hash;

import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A hash of a content together with its type.
 *
 * @param value lower-case hex digits, as many as the type has
 * @param quality 0..100 for a perceptual hash whose quality is known, otherwise null
 */
public record Signal(
        SignalType type, String value, @Nullable Integer quality) {
    public Signal {
        if (value.length() != type.hexDigits()) {
            throw new IllegalArgumentException(type.wireName() + ": " + value.length() + " characters (expected: "
                    + type.hexDigits() + " hex digits)");
        }
        for (int i = 0; i < value.length(); i++) {
            if (!HexFormat.isHexDigit(value.charAt(i))) {
                throw new IllegalArgumentException(type.wireName() + ": no hex digit at position " + i + " (expected: "
                        + type.hexDigits() + " hex digits)");
            }
        }
        value = value.toLowerCase(Locale.ROOT);
        if (quality != null && (quality < 0 || quality > 100)) {
            throw new IllegalArgumentException("quality: " + quality + " (expected: 0 to 100)");
        }
    }

    /** A signal whose quality is unknown or has none. */
    public Signal(SignalType type, String value) {
        this(type, value, null);
    }

    /** The signal of a PDQ hash. */
    public static Signal pdq(HashAndQuality pdq) {
        return new Signal(SignalType.PDQ, pdq.hash().toHex(), pdq.quality());
    }

    /** Whether this is the perceptual hash of a picture too flat to be told from others; see {@link HashAndQuality}. */
    public boolean isTooFlat() {
        return quality != null && quality < HashAndQuality.MIN_QUALITY;
    }

    /**
     * Whether this is the digest of a file without a byte. Lists have it where a file could not be read; it says nothing
     * about a content.
     */
    public boolean isOfEmptyFile() {
        return value.equals(type.ofEmptyFile());
    }

    /**
     * The bits of a perceptual hash.
     *
     * @throws IllegalStateException if this is a digest
     */
    public Hash256 hash() {
        if (type.isDigest()) {
            throw new IllegalStateException(type.wireName() + " is not a perceptual hash");
        }
        return Hash256.parse(value);
    }
}
