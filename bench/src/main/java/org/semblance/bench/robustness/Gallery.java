package org.semblance.bench.robustness;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Supplier;
import org.semblance.bench.edits.Edit;
import org.semblance.bench.edits.Pixels;

/**
 * All pictures of a run: those that are banked, and other photos to paste them into. A photo without a duplicate is either banked
 * itself, or in one banked card, meme or screenshot, or in no banked picture. The seed decides everything.
 */
final class Gallery {
    private static final int QUALITY = 92;

    /** As many in a run of the usual size, and a few in the smallest. */
    private static final int OTHERS = 60;

    private static final int FEWEST_OTHERS = 4;

    private final long seed;
    private final int size;
    private final List<Picture> banked = new ArrayList<>();
    private final List<Path> others = new ArrayList<>();
    private final SamePictures same;

    private Gallery(long seed, int size, SamePictures same) {
        this.seed = seed;
        this.size = size;
        this.same = same;
    }

    /**
     * @param size how many originals are to be edited, by which the number of what is made goes as well
     * @throws IllegalArgumentException if there are too few photos
     */
    static Gallery of(Corpus corpus, int size, long seed, SamePictures same, Service service, Path folder)
            throws IOException, InterruptedException {
        Gallery gallery = new Gallery(seed, size, same);
        List<Picture> photos =
                Parallel.map(corpus.photos(), photo -> hashed(photo.name(), Kind.PHOTO, photo.file(), service));
        same.findIn(photos);
        if (photos.isEmpty()) {
            throw gallery.tooFew();
        }
        Iterator<Picture> single =
                photos.stream().filter(photo -> !same.hasSome(photo)).toList().iterator();
        List<Picture> used = new ArrayList<>();
        List<Made> toMake = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            for (int i = 0; i < kind.made(size); i++) {
                Picture photo = photos.getFirst();
                if (kind.holdsPhoto) {
                    photo = gallery.next(single);
                    used.add(photo);
                }
                toMake.add(new Made(kind, i, photo.file()));
            }
        }
        for (int i = 0; i < others(size); i++) {
            Picture other = gallery.next(single);
            used.add(other);
            gallery.others.add(other.file());
        }
        photos.stream().filter(photo -> !used.contains(photo)).forEach(gallery.banked::add);
        if (gallery.originals(Kind.PHOTO).size() < Kind.PHOTO.originals(size)) {
            throw gallery.tooFew();
        }
        gallery.banked.addAll(Parallel.map(toMake, made -> gallery.make(made, service, folder)));
        return gallery;
    }

    private static int others(int size) {
        return Math.max(FEWEST_OTHERS, OTHERS * size / Kind.USUAL_SIZE);
    }

    private Picture next(Iterator<Picture> photos) {
        if (!photos.hasNext()) {
            throw tooFew();
        }
        return photos.next();
    }

    private IllegalArgumentException tooFew() {
        int needed = others(size) + Kind.PHOTO.originals(size);
        for (Kind kind : Kind.values()) {
            needed += kind.holdsPhoto ? kind.made(size) : 0;
        }
        return new IllegalArgumentException("--corpus: too few photos (expected: at least " + needed
                + " without a duplicate, for " + size + " originals)");
    }

    private record Made(Kind kind, int number, Path photo) {}

    private Picture make(Made made, Service service, Path folder) throws IOException, InterruptedException {
        String name = made.kind.title + " " + made.number;
        BufferedImage picture = Cards.draw(made.kind, Pixels.read(made.photo), random(name));
        Path file = folder.resolve(name.replace(' ', '-').toLowerCase(Locale.ROOT) + ".jpg");
        Files.write(file, Pixels.jpeg(picture, QUALITY));
        return hashed(name, made.kind, file, service);
    }

    private static Picture hashed(String name, Kind kind, Path file, Service service)
            throws IOException, InterruptedException {
        byte[] jpeg = Files.readAllBytes(file);
        BufferedImage picture = Pixels.read(jpeg);
        Service.Hashed hashed = service.hash(jpeg);
        return new Picture(name, kind, file, picture.getWidth(), picture.getHeight(), hashed.pdq(), hashed.features());
    }

    private Random random(String purpose) {
        return new Random(seed * 1_000_003 + purpose.hashCode());
    }

    List<Picture> banked() {
        return banked;
    }

    long banked(Kind kind) {
        return banked.stream().filter(picture -> picture.kind() == kind).count();
    }

    /** Those that are edited; none of them has a duplicate. */
    List<Picture> originals() {
        List<Picture> originals = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            originals.addAll(originals(kind));
        }
        return originals;
    }

    private List<Picture> originals(Kind kind) {
        return banked.stream()
                .filter(picture -> picture.kind() == kind && !same.hasSome(picture))
                .limit(kind.originals(size))
                .toList();
    }

    SamePictures same() {
        return same;
    }

    /** The same for the same picture and edit, whatever came before. */
    Edit.Helper helper(Picture original, Edit edit) {
        Random random = random(original.name() + "\n" + edit.name());
        int first = random.nextInt(others.size());
        Supplier<BufferedImage> inTurn = new Supplier<>() {
            private int next = first;

            @Override
            public BufferedImage get() {
                try {
                    return Pixels.read(others.get(next++ % others.size()));
                } catch (IOException e) {
                    throw new UncheckedIOException(e); // This program has written it.
                }
            }
        };
        return new Edit.Helper(random, inTurn);
    }
}
