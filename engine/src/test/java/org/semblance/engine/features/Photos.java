package org.semblance.engine.features;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.semblance.engine.pdq.Luma;

/** The photos of a folder as luma, by Java's own decoder. */
final class Photos {
    private Photos() {}

    /** JPEG and PNG files of a folder and those below, by name. */
    static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> walk = Files.walk(folder)) {
            return walk.filter(file ->
                            file.toString().toLowerCase(java.util.Locale.ROOT).matches(".*\\.(jpe?g|png)"))
                    .sorted()
                    .toList();
        }
    }

    /** Those of the files that decode, reduced for that profile. */
    static List<ReducedPicture> read(List<Path> files, Profile profile) {
        List<ReducedPicture> read = new ArrayList<>();
        for (Path file : files) {
            try {
                BufferedImage image = ImageIO.read(file.toFile());
                if (image != null) {
                    read.add(ReducedPicture.of(luma(image), profile.longSide()));
                }
            } catch (IOException | RuntimeException e) {
                System.err.println(file + ": " + e);
            }
        }
        return read;
    }

    static Luma luma(BufferedImage image) {
        return new Luma() {
            @Override
            public int width() {
                return image.getWidth();
            }

            @Override
            public int height() {
                return image.getHeight();
            }

            @Override
            public void row(int y, float[] target, int offset) {
                for (int x = 0; x < image.getWidth(); x++) {
                    int rgb = image.getRGB(x, y);
                    target[offset + x] =
                            0.299f * (rgb >> 16 & 0xff) + 0.587f * (rgb >> 8 & 0xff) + 0.114f * (rgb & 0xff);
                }
            }
        };
    }
}
