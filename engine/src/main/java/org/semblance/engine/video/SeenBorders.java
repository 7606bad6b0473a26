package org.semblance.engine.video;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.hash.Hash256;

/**
 * The borders that the pictures of a video have, and by which of them a picture is to be cropped.
 *
 * <p>A video may have bars throughout, or only while it shows a clip that was made for another screen; and a picture that is
 * dark beside a bar seems to have a wider one. So the borders of single pictures are collected. Those of
 * different pictures, or that are the same on opposite sides, as bars are that a player or an editor adds, are believed;
 * the dark edge of a single shot is not. A picture is cropped by believed borders only, and only if its own are as wide: by its own, or those
 * nearest to them, and by those seen most.
 *
 * <p>Only few borders are remembered, so that a dark video costs no more memory than another one.
 */
final class SeenBorders {
    /** A slide show may have as many in a row; of those seen once, the oldest is forgotten first. */
    private static final int MOST_REMEMBERED = 16;

    /** Pictures at most so many bits apart show the same, as two that a lookup takes for one. */
    private static final int SAME_PICTURE = 31;

    /** Different pictures that must have borders for them to be believed. */
    private static final int ENOUGH_PICTURES = 2;

    /** The share of a side by which borders may differ and be the same: PDQ forgives a crop of 1 % entirely. */
    private static final double SAME_SHARE = 0.01;

    private final int columns;
    private final int rows;

    /** The borders seen longest ago come first. */
    private final List<Seen> all = new ArrayList<>();

    private static final class Seen {
        final Borders borders;
        int pictures;

        @Nullable
        Hash256 last;

        Seen(Borders borders) {
            this.borders = borders;
        }

        boolean isBelieved() {
            return pictures >= ENOUGH_PICTURES;
        }
    }

    /** Of pictures of that size. */
    SeenBorders(int width, int height) {
        columns = (int) Math.ceil(SAME_SHARE * width);
        rows = (int) Math.ceil(SAME_SHARE * height);
    }

    /**
     * Remembers the borders of a picture, and what of them is the same on opposite sides.
     *
     * @param own not {@link Borders#NONE}
     * @param picture the hash of it, with its borders
     */
    void add(Borders own, Hash256 picture) {
        Borders even = own.even();
        boolean isEven = own.isNear(even, columns, rows);
        see(own, picture, isEven ? ENOUGH_PICTURES : 1);
        if (!isEven && !even.equals(Borders.NONE)) {
            see(even, picture, 1);
        }
    }

    private void see(Borders borders, Hash256 picture, int pictures) {
        Seen seen = all.stream()
                .filter(s -> s.borders.isNear(borders, columns, rows))
                .findFirst()
                .orElseGet(() -> new Seen(borders));
        if (seen.last == null || seen.last.distance(picture) > SAME_PICTURE) {
            seen.pictures += pictures;
            seen.last = picture;
        }
        all.remove(seen);
        all.add(seen);
        if (all.size() > MOST_REMEMBERED) {
            all.remove(all.stream().filter(s -> !s.isBelieved()).findFirst().orElseGet(all::getFirst));
        }
    }

    /**
     * By what to crop a picture.
     *
     * @param own borders of the picture; empty if it is flat, and so may have any
     * @return none, one or two
     */
    List<Borders> crops(Optional<Borders> own) {
        List<Seen> fitting = all.stream()
                .filter(Seen::isBelieved)
                .filter(s -> own.isEmpty() || own.get().contains(s.borders, columns, rows))
                .toList();
        List<Borders> crops = new ArrayList<>();
        fitting.stream().max(Comparator.comparingInt(s -> s.pictures)).ifPresent(s -> crops.add(s.borders));
        if (own.isPresent()) {
            fitting.stream()
                    .max(Comparator.comparingInt(s -> s.borders.sum()))
                    .filter(s -> !crops.contains(s.borders))
                    .ifPresent(s -> crops.add(s.borders));
        }
        return crops;
    }
}
