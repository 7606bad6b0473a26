package org.semblance.bench.edits;

import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/**
 * An edit that re-uploaders make to a picture.
 *
 * @param quality of the JPEG that it ends in, 1 to 100
 */
public record Edit(String name, int quality, List<Step> steps) {
    private static final int USUAL_QUALITY = 85;

    /** One thing that is done. What is random in it comes from the helper alone. */
    @FunctionalInterface
    public interface Step {
        public EditedPicture apply(EditedPicture picture, Helper helper);
    }

    /** @param others gives other photos, no two of them in turn the same */
    public record Helper(Random random, Supplier<BufferedImage> others) {
        double between(double low, double high) {
            return low + (high - low) * random.nextDouble();
        }

        double sign() {
            return random.nextBoolean() ? 1 : -1;
        }
    }

    /** @param fromOriginal maps the original's pixels to those of the copy */
    public record Copy(byte[] jpeg, int width, int height, Projection fromOriginal) {
        public double diagonal() {
            return Math.hypot(width, height);
        }
    }

    static Edit of(String name, Step... steps) {
        return new Edit(name, USUAL_QUALITY, List.of(steps));
    }

    Edit withQuality(int other) {
        return new Edit(name, other, steps);
    }

    EditedPicture draw(BufferedImage original, Helper helper) {
        EditedPicture picture = EditedPicture.unedited(original);
        for (Step step : steps) {
            picture = step.apply(picture, helper);
        }
        return picture;
    }

    public Copy apply(BufferedImage original, Helper helper) {
        EditedPicture picture = draw(original, helper);
        return new Copy(
                Pixels.jpeg(picture.picture(), quality), picture.width(), picture.height(), picture.fromOriginal());
    }
}
