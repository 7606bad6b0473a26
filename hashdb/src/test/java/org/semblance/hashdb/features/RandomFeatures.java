package org.semblance.hashdb.features;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Features that come in clusters and have skewed bits, as real ones do. */
public final class RandomFeatures {
    private final SplittableRandom random;
    private final List<long[]> prototypes = new ArrayList<>();
    private final int flips;

    /**
     * A source of features.
     *
     * @param prototypes how many descriptors the others are near to
     * @param flips most bits in which a descriptor differs from its prototype
     */
    public RandomFeatures(SplittableRandom random, int prototypes, int flips) {
        this.random = random;
        this.flips = flips;
        for (int i = 0; i < prototypes; i++) {
            // The low bits of each half are balanced, the others are set with a probability of 1/4.
            long[] words = new long[Features.WORDS];
            for (int word = 0; word < words.length; word++) {
                words[word] = random.nextLong() & (random.nextLong() | 0x0000_FFFF_0000_FFFFL);
            }
            this.prototypes.add(words);
        }
    }

    /** A picture of so many features. */
    public Features picture(int count) {
        long[] descriptors = new long[Features.WORDS * count];
        int[] places = new int[count];
        for (int i = 0; i < count; i++) {
            long[] near = prototypes.get(random.nextInt(prototypes.size()));
            System.arraycopy(near, 0, descriptors, Features.WORDS * i, Features.WORDS);
            for (int flip = random.nextInt(flips + 1); flip > 0; flip--) {
                int bit = random.nextInt(Long.SIZE * Features.WORDS);
                descriptors[Features.WORDS * i + bit / Long.SIZE] ^= 1L << bit % Long.SIZE;
            }
            places[i] = Features.place(
                    random.nextInt(800),
                    random.nextInt(600),
                    random.nextInt(12),
                    random.nextInt(128),
                    random.nextBoolean());
        }
        return new Features(400, 300, descriptors, places);
    }

    /** An image, or a video of several pictures. */
    public List<BankedPicture> content(int maxPictures, int maxFeatures) {
        List<BankedPicture> pictures = new ArrayList<>();
        int ms = 0;
        for (int left = 1 + random.nextInt(maxPictures); left > 0; left--) {
            pictures.add(new BankedPicture(ms, picture(random.nextInt(maxFeatures + 1))));
            ms += 1 + random.nextInt(3000);
        }
        return pictures;
    }
}
