package org.semblance.bench.robustness;

/** What a banked picture is. */
enum Kind {
    PHOTO("photo", 0, false, 200),
    PHOTO_CARD("photo card", 60, true, 40),
    TEXT_CARD("text card", 120, false, 20),
    MEME("meme", 20, true, 20),
    SCREENSHOT("screenshot with a photo", 40, true, 10),
    TEXT_SCREENSHOT("screenshot of text", 40, false, 10);

    /** A run of this size has the numbers that are given here; those of another size go by it. */
    static final int USUAL_SIZE = 300;

    final String title;

    /** Whether a photo is in it, which is banked in no other picture. */
    final boolean holdsPhoto;

    private final int made;
    private final int originals;

    Kind(String title, int made, boolean holdsPhoto, int originals) {
        this.title = title;
        this.made = made;
        this.holdsPhoto = holdsPhoto;
        this.originals = originals;
    }

    /** How many are made and banked; photos are those that there are. */
    int made(int size) {
        return scaled(made, size);
    }

    /** How many are edited. */
    int originals(int size) {
        return scaled(originals, size);
    }

    private static int scaled(int number, int size) {
        return (int) Math.round((double) number * size / USUAL_SIZE);
    }
}
