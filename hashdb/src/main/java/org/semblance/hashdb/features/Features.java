package org.semblance.hashdb.features;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Base64;

/**
 * The local features of one picture: descriptors of 256 bits, each with its place in the picture. Immutable.
 *
 * <p>A descriptor has two halves of 128 bits: tests of the patch, and the same tests reflected in the axis of the patch.
 * So the descriptor of a mirrored patch is this one with its halves swapped. Descriptors are stored with the halves in an
 * order that mirroring does not change; {@link #isSwapped} says whether they had to be swapped for it. Two pictures of
 * which one is mirrored have near descriptors that differ in that flag.
 *
 * <p>Places are those of the picture reduced to {@link #width} by {@link #height} pixels, in steps of half a pixel.
 *
 * <p>Stored, little endian: version (1 byte), a zero byte, width, height and number of features (2 bytes each); then for
 * each feature its descriptor (32 bytes), then for each its place (4 bytes).
 */
public final class Features {
    /** Of the extractor: features of different versions are never compared. */
    public static final int VERSION = 1;

    /** The name of this kind of signal in answers: oriented FAST corners, rotated BRIEF tests. */
    public static final String SIGNAL_TYPE = "orb";

    /** The most features that a picture has. */
    public static final int MAX_COUNT = 1_000;

    /** The longest side of a reduced picture in pixels. */
    public static final int MAX_SIDE = 511;

    /** How many levels a pyramid may have. */
    public static final int MAX_LEVELS = 16;

    /** Steps of the angle in a full turn. */
    public static final int ANGLES = 128;

    /** 64-bit words of a descriptor. */
    public static final int WORDS = 4;

    /** Stored bytes before the first feature. */
    public static final int HEADER_BYTES = 8;

    /** Stored bytes a feature. */
    public static final int FEATURE_BYTES = Long.BYTES * WORDS + Integer.BYTES;

    private static final int Y_SHIFT = 10;

    private static final int LEVEL_SHIFT = 20;
    private static final int ANGLE_SHIFT = 24;
    private static final int SWAPPED_SHIFT = 31;
    private static final int COORDINATE = (1 << Y_SHIFT) - 1;

    private final int width;
    private final int height;
    private final long[] descriptors;
    private final int[] places;

    /**
     * Takes the arrays as they are; they must not be changed any more.
     *
     * @param width of the reduced picture, 1 to {@link #MAX_SIDE}
     * @param height of the reduced picture, 1 to {@link #MAX_SIDE}
     * @param descriptors {@link #WORDS} a feature
     * @param places one a feature, each made by {@link #place}
     * @throws IllegalArgumentException if a number is out of its range, or a place lies outside the picture
     */
    public Features(int width, int height, long[] descriptors, int[] places) {
        if (width < 1 || width > MAX_SIDE || height < 1 || height > MAX_SIDE) {
            throw new IllegalArgumentException(
                    "features of a picture of " + width + "x" + height + " (expected: sides of 1 to " + MAX_SIDE + ")");
        }
        if (places.length > MAX_COUNT || descriptors.length != WORDS * places.length) {
            throw new IllegalArgumentException(places.length + " features with " + descriptors.length
                    + " words (expected: at most " + MAX_COUNT + ", " + WORDS + " words each)");
        }
        for (int place : places) {
            if ((place & COORDINATE) >= 2 * width || (place >>> Y_SHIFT & COORDINATE) >= 2 * height) {
                throw new IllegalArgumentException("a feature lies outside its picture of " + width + "x" + height);
            }
        }
        this.width = width;
        this.height = height;
        this.descriptors = descriptors;
        this.places = places;
    }

    /**
     * Packs the place of a feature.
     *
     * @param x in half pixels of the reduced picture, from its left edge
     * @param y in half pixels, from the top
     * @param level of the pyramid, 0 for the reduced picture itself, below {@link #MAX_LEVELS}
     * @param angle in steps of 1/{@link #ANGLES} of a turn
     * @param swapped whether the halves of the descriptor were swapped
     */
    public static int place(int x, int y, int level, int angle, boolean swapped) {
        return x | y << Y_SHIFT | level << LEVEL_SHIFT | angle << ANGLE_SHIFT | (swapped ? 1 << SWAPPED_SHIFT : 0);
    }

    /**
     * Reads the stored form.
     *
     * @throws IllegalArgumentException if the bytes are not features of this {@link #VERSION}; the message names what is wrong
     */
    public static Features ofBytes(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length < HEADER_BYTES) {
            throw new IllegalArgumentException(
                    "features of " + bytes.length + " bytes (expected: at least " + HEADER_BYTES + ")");
        }
        int version = in.get();
        if (version != VERSION || in.get() != 0) {
            throw new IllegalArgumentException("features of version " + version + " (expected: " + VERSION + ")");
        }
        int width = in.getShort();
        int height = in.getShort();
        int count = Short.toUnsignedInt(in.getShort());
        if (in.remaining() != count * FEATURE_BYTES) {
            throw new IllegalArgumentException(count + " features in " + bytes.length + " bytes (expected: "
                    + (HEADER_BYTES + count * FEATURE_BYTES) + " bytes)");
        }
        long[] descriptors = new long[WORDS * count];
        in.asLongBuffer().get(descriptors);
        in.position(in.position() + Long.BYTES * descriptors.length);
        int[] places = new int[count];
        in.asIntBuffer().get(places);
        return new Features(width, height, descriptors, places);
    }

    /**
     * Reads the stored form in Base64.
     *
     * @throws IllegalArgumentException as {@link #ofBytes}, or if the text is not Base64
     */
    public static Features ofBase64(String text) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("not Base64 (expected: features in Base64)", e);
        }
        return ofBytes(bytes);
    }

    /** The stored form in Base64. */
    public String toBase64() {
        return Base64.getEncoder().encodeToString(toBytes());
    }

    /** The stored form. */
    public byte[] toBytes() {
        ByteBuffer out =
                ByteBuffer.allocate(HEADER_BYTES + count() * FEATURE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        out.put((byte) VERSION)
                .put((byte) 0)
                .putShort((short) width)
                .putShort((short) height)
                .putShort((short) count());
        out.asLongBuffer().put(descriptors);
        out.position(out.position() + Long.BYTES * descriptors.length);
        out.asIntBuffer().put(places);
        return out.array();
    }

    /** How many features there are. */
    public int count() {
        return places.length;
    }

    /** Pixels of the reduced picture in a row. */
    public int width() {
        return width;
    }

    /** Rows of the reduced picture. */
    public int height() {
        return height;
    }

    /** Word {@code word} (0 to 3) of a descriptor; words 0 and 1 are its first half. */
    public long word(int feature, int word) {
        return descriptors[WORDS * feature + word];
    }

    /** Pixels from the left edge of the reduced picture. */
    public float x(int feature) {
        return (places[feature] & COORDINATE) / 2f;
    }

    /** Pixels from the top of the reduced picture. */
    public float y(int feature) {
        return (places[feature] >>> Y_SHIFT & COORDINATE) / 2f;
    }

    /** The level of the pyramid that the feature was found on. */
    public int level(int feature) {
        return places[feature] >>> LEVEL_SHIFT & MAX_LEVELS - 1;
    }

    /** The angle of the patch in steps of 1/{@link #ANGLES} of a turn, from the x axis towards the y axis. */
    public int angle(int feature) {
        return places[feature] >>> ANGLE_SHIFT & ANGLES - 1;
    }

    /** Whether the halves of the descriptor were swapped. */
    public boolean isSwapped(int feature) {
        return places[feature] < 0;
    }

    /** The place as {@link #place} packed it. */
    public int place(int feature) {
        return places[feature];
    }

    /** Bits in which a descriptor of this picture differs from one of another: 0 to 256. */
    public int distance(int feature, Features other, int otherFeature) {
        int bits = 0;
        for (int i = 0; i < WORDS; i++) {
            bits += Long.bitCount(descriptors[WORDS * feature + i] ^ other.descriptors[WORDS * otherFeature + i]);
        }
        return bits;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Features f
                && width == f.width
                && height == f.height
                && Arrays.equals(places, f.places)
                && Arrays.equals(descriptors, f.descriptors);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(descriptors) + Arrays.hashCode(places);
    }

    @Override
    public String toString() {
        return count() + " features of " + width + "x" + height;
    }
}
