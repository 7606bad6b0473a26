package org.semblance.bench.robustness;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.semblance.bench.edits.Pixels;

/** The photos of a folder and of those in it, in an order that follows from the seed, as JPEG of no more than 1,024 pixels a side. */
final class Corpus {
    private static final int LONGEST_SIDE = 1_024;
    private static final int SHORTEST_SIDE = 200;
    private static final int QUALITY = 92;

    private final List<Photo> photos;
    private final int files;
    private final int small;
    private final int unreadable;

    /** @param name its path in the corpus */
    record Photo(String name, Path file, int width, int height) {}

    private Corpus(List<Photo> photos, int files, int small, int unreadable) {
        this.photos = photos;
        this.files = files;
        this.small = small;
        this.unreadable = unreadable;
    }

    /**
     * @param most photos to take
     * @param to where the reduced ones go
     * @throws IllegalArgumentException if the folder is none
     */
    static Corpus of(Path folder, int most, long seed, Path to) throws IOException, InterruptedException {
        if (!Files.isDirectory(folder)) {
            throw new IllegalArgumentException("--corpus: " + folder + " (expected: a folder)");
        }
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder)) {
            files = new ArrayList<>(all.filter(Corpus::isPicture).sorted().toList());
        }
        Collections.shuffle(files, new Random(seed));
        if (files.size() > most) {
            files = files.subList(0, most);
        }
        AtomicInteger small = new AtomicInteger();
        AtomicInteger unreadable = new AtomicInteger();
        List<@Nullable Photo> photos = Parallel.map(files, file -> {
            BufferedImage picture;
            try {
                picture = Pixels.read(file);
            } catch (IOException e) {
                unreadable.incrementAndGet();
                return null;
            }
            if (Math.min(picture.getWidth(), picture.getHeight()) < SHORTEST_SIDE) {
                small.incrementAndGet();
                return null;
            }
            BufferedImage reduced = reduced(picture);
            String name = folder.relativize(file).toString();
            Path jpeg = Files.write(
                    to.resolve(name.replaceAll("[^A-Za-z0-9.-]", "_") + ".jpg"), Pixels.jpeg(reduced, QUALITY));
            return new Photo(name, jpeg, reduced.getWidth(), reduced.getHeight());
        });
        List<Photo> read = photos.stream().filter(Objects::nonNull).toList();
        return new Corpus(read, files.size(), small.get(), unreadable.get());
    }

    private static boolean isPicture(Path file) {
        return file.toString().toLowerCase(Locale.ROOT).matches(".*\\.(jpg|jpeg|png)") && Files.isRegularFile(file);
    }

    private static BufferedImage reduced(BufferedImage picture) {
        double scale = (double) LONGEST_SIDE / Math.max(picture.getWidth(), picture.getHeight());
        return scale >= 1
                ? picture
                : Pixels.scaled(picture, (int) Math.max(1, Math.round(scale * picture.getWidth())), (int)
                        Math.max(1, Math.round(scale * picture.getHeight())));
    }

    List<Photo> photos() {
        return photos;
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%,d photos of %,d files; %,d were not read, %,d have a side of less than %d pixels",
                photos.size(),
                files,
                unreadable,
                small,
                SHORTEST_SIDE);
    }
}
