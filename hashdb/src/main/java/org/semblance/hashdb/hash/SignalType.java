package org.semblance.hashdb.hash;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The kinds of hash that stand for a content. */
public enum SignalType {
    /** The perceptual hash of an image, compared by distance. */
    PDQ(64),
    /** MD5 of the file's bytes, compared by equality. */
    MD5(32),
    /** SHA-1 of the file's bytes, compared by equality. */
    SHA1(40),
    /** SHA-256 of the file's bytes, compared by equality. */
    SHA256(64);

    private final int hexDigits;

    SignalType(int hexDigits) {
        this.hexDigits = hexDigits;
    }

    /** The name in requests, answers and lists: lower case. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The length of a value's text. */
    public int hexDigits() {
        return hexDigits;
    }

    /** Whether equal bytes alone match. */
    public boolean isDigest() {
        return this != PDQ;
    }

    /**
     * The type of that wire name.
     *
     * @throws IllegalArgumentException if there is none; the message names those there are
     */
    public static SignalType parse(String wireName) {
        for (SignalType type : values()) {
            if (type.wireName().equals(wireName)) {
                return type;
            }
        }
        throw new IllegalArgumentException("signal type: '" + wireName + "' (expected: "
                + Arrays.stream(values()).map(SignalType::wireName).collect(Collectors.joining(", ")) + ")");
    }
}
