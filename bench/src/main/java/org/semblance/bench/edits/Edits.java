package org.semblance.bench.edits;

import java.awt.Color;
import java.util.ArrayList;
import java.util.List;

/**
 * The 49 edits. {@code crop_c20} takes a fifth of the width and of the height away around the middle, {@code crop_k20} away from
 * one of the corners; {@code pip30} is the picture in another one, 30 % as wide and as high as that.
 */
public final class Edits {
    static final List<Edit> ALL = all();

    private Edits() {}

    /**
     * Those, or all if there are none.
     *
     * @throws IllegalArgumentException if one has another name
     */
    public static List<Edit> named(List<String> names) {
        List<String> known = ALL.stream().map(Edit::name).toList();
        for (String name : names) {
            if (!known.contains(name)) {
                throw new IllegalArgumentException(
                        "--edits: " + name + " (expected: " + String.join(", ", known) + ")");
            }
        }
        return names.isEmpty()
                ? ALL
                : ALL.stream().filter(edit -> names.contains(edit.name())).toList();
    }

    private static List<Edit> all() {
        List<Edit> edits = new ArrayList<>(List.of(
                Edit.of("jpeg_q30", Steps.same()).withQuality(30),
                Edit.of("scale_.5", Steps.scale(0.5, 0.5)),
                Edit.of("scale_.25", Steps.scale(0.25, 0.25)),
                Edit.of("aspect.75", Steps.scale(0.75, 1)),
                Edit.of("blur2", Steps.blur(2)),
                Edit.of("noise15", Steps.noise(15)),
                Edit.of("gamma2", Steps.gamma(2)),
                Edit.of("gamma.5", Steps.gamma(0.5)),
                Edit.of("sepia", Steps.sepia())));
        for (int percent : new int[] {5, 10, 20, 30, 50}) {
            edits.add(Edit.of("crop_c" + percent, Steps.cropCentre(percent / 100.0)));
        }
        for (int percent : new int[] {5, 10, 20, 30}) {
            edits.add(Edit.of("crop_k" + percent, Steps.cropCorner(percent / 100.0)));
        }
        for (int percent : new int[] {5, 10, 20}) {
            edits.add(Edit.of("border_black" + percent, Steps.border(percent / 100.0, Color.BLACK)));
            edits.add(Edit.of("border_white" + percent, Steps.border(percent / 100.0, Color.WHITE)));
            edits.add(Edit.of("border_blur" + percent, Steps.blurredBorder(percent / 100.0)));
        }
        edits.addAll(List.of(
                Edit.of("letterbox12", Steps.letterbox(0.12)),
                Edit.of("caption15", Steps.caption(0.15)),
                Edit.of("text15", Steps.text(0.15)),
                Edit.of("logo15", Steps.logo(0.15)),
                Edit.of("sticker30", Steps.sticker(0.3)),
                Edit.of("mirror", Steps.mirror()),
                Edit.of("rot90", Steps.quarterTurn()),
                Edit.of("rot3", Steps.rotateAndCrop(3)),
                Edit.of("rot5", Steps.rotateAndCrop(5)),
                Edit.of("rot5_black", Steps.rotateOnBlack(5)),
                Edit.of("rot10", Steps.rotateAndCrop(10)),
                Edit.of("persp8", Steps.perspective(0.08)),
                Edit.of("pip80", Steps.pasteInto(0.8)),
                Edit.of("pip50", Steps.pasteInto(0.5)),
                Edit.of("pip30", Steps.pasteInto(0.3)),
                Edit.of("collage2x2", Steps.collage()),
                Edit.of("screenshot", Steps.screenshot()),
                Edit.of("crop15+cap+q40", Steps.cropCorner(0.15), Steps.caption(0.15))
                        .withQuality(40),
                Edit.of("mirror+crop10", Steps.mirror(), Steps.cropCorner(0.1)),
                Edit.of("mirror+border10", Steps.mirror(), Steps.border(0.1, Color.BLACK)),
                Edit.of("shot+crop20+q40", Steps.screenshot(), Steps.cropCorner(0.2))
                        .withQuality(40),
                Edit.of(
                        "gamma+logo+crop20+.5",
                        Steps.gamma(1.5),
                        Steps.logo(0.15),
                        Steps.cropCentre(0.2),
                        Steps.scale(0.5, 0.5))));
        return List.copyOf(edits);
    }
}
