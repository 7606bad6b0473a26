package org.semblance.hashdb.hash;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The kinds of hash that stand for a content. */
public enum SignalType {
    /** The perceptual hash of an image, compared by distance. */
    PDQ(64, ""),
    /** MD5 of the file's bytes, compared by equality. */
    MD5(32, "d41d8cd98f00b204e9800998ecf8427e"),
    /** SHA-1 of the file's bytes, compared by equality. */
    SHA1(40, "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    /** SHA-256 of the file's bytes, compared by equality. */
    SHA256(64, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

    private final int hexDigits;
    private final String ofEmptyFile;

    SignalType(int hexDigits, String ofEmptyFile) {
        this.hexDigits = hexDigits;
        this.ofEmptyFile = ofEmptyFile;
    }

    /** The name in requests, answers and lists: lower case. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The length of a value's text. */
    public int hexDigits() {
        return hexDigits;
    }

    /** The digest of a file without a byte; empty for a perceptual hash. */
    String ofEmptyFile() {
        return ofEmptyFile;
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
