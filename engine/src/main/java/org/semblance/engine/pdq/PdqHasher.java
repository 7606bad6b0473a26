package org.semblance.engine.pdq;

import java.util.EnumMap;
import java.util.Map;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;

/**
 * Luma to the PDQ hash, equal to Meta's reference bit for bit, or nearly so and faster ({@link #fast}).
 *
 * <p>PDQ ("The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", Meta 2019) smooths a picture
 * ({@link Smoothing}) to 64x64, takes 16x16 cosine coefficients of it and sets a bit for each that is above their
 * median ({@link CosineHash}). Quality is the sum of the 64x64 picture's gradients.
 *
 * <p>An object owns its scratch memory, so it is for one thread at a time; the scratch grows with the pictures seen and
 * is reused, and a call allocates nothing but its result.
 */
public final class PdqHasher {
    /** The reference calls a picture with a side below this too small: hash 0, quality 0. */
    private static final int LEAST_SIDE = 5;

    private static final int SIDE = Smoothing.SIDE;

    private final Smoothing filter;
    private final CosineHash cosines;
    private final float[] small = new float[SIDE * SIDE];

    private PdqHasher(Smoothing filter, PdqKernels kernels) {
        this.filter = filter;
        this.cosines = new CosineHash(kernels);
    }

    /** Of one form of the loops, for tests. */
    PdqHasher(PdqKernels kernels, boolean fast) {
        this(fast ? kernels.sampler() : kernels.tent(), kernels);
    }

    /** Equal to the reference. */
    public PdqHasher() {
        this(PdqKernels.best(), false);
    }

    /**
     * Without the reference's rounding errors in smoothing, several times faster: of most pictures the same hash, of others
     * one that differs in the few bits whose coefficients are as good as equal to the median ({@link TentSampler}).
     */
    public static PdqHasher fast() {
        return new PdqHasher(PdqKernels.best(), true);
    }

    /** Why pictures are hashed by the Java form of the loops; empty if they are by our native library. */
    public static String nativeFailure() {
        return NativePdq.failure();
    }

    /**
     * The hash and the quality of a picture. As in the reference, a picture of exactly 64x64 is not smoothed here.
     *
     * @throws IllegalArgumentException if the picture is wider than some 10 million pixels
     */
    public HashAndQuality hash(Luma luma) {
        if (isTooSmall(luma)) {
            return new HashAndQuality(Hash256.ZERO, 0);
        }
        if (luma.width() == SIDE && luma.height() == SIDE) {
            for (int y = 0; y < SIDE; y++) {
                luma.row(y, small, y * SIDE);
            }
        } else {
            filter.downsample(luma, small);
        }
        cosines.transform(small);
        return new HashAndQuality(cosines.hash(), cosines.quality(small));
    }

    /**
     * The hashes of a picture and of its turned and mirrored variants. As in the reference, a picture of exactly 64x64
     * is smoothed here, so that {@link Transform#ORIG} may then differ from {@link #hash}.
     */
    public DihedralHashes hashDihedral(Luma luma) {
        if (isTooSmall(luma)) {
            Map<Transform, Hash256> none = new EnumMap<>(Transform.class);
            for (Transform transform : Transform.values()) {
                none.put(transform, Hash256.ZERO);
            }
            return new DihedralHashes(none, 0);
        }
        filter.downsample(luma, small);
        cosines.transform(small);
        return dihedral();
    }

    /**
     * As {@link #hashDihedral}, of the picture that was hashed last by {@link #hash}, for next to nothing: filtering and
     * transform are not done again.
     *
     * @param last the same picture
     */
    public DihedralHashes turnedAgain(Luma last) {
        return isTooSmall(last) || (last.width() == SIDE && last.height() == SIDE) ? hashDihedral(last) : dihedral();
    }

    private DihedralHashes dihedral() {
        Map<Transform, Hash256> hashes = new EnumMap<>(Transform.class);
        for (Transform transform : Transform.values()) {
            hashes.put(transform, cosines.hash(transform));
        }
        return new DihedralHashes(hashes, cosines.quality(small));
    }

    private static boolean isTooSmall(Luma luma) {
        return Math.min(luma.width(), luma.height()) < LEAST_SIDE;
    }
}
