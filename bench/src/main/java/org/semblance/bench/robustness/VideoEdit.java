package org.semblance.bench.robustness;

import java.util.Locale;
import java.util.Random;

/** What a re-uploader does to a video, as a graph of FFmpeg's filters. */
enum VideoEdit {
    REENCODED("encoded again", "null"),
    CROP20("crop 20 %", "crop=trunc(iw*0.4)*2:trunc(ih*0.4)*2"),
    MIRROR("mirror", "hflip"),
    LETTERBOX("letterbox 12 %", "pad=iw:ceil(ih*0.62)*2:0:(oh-ih)/2"),
    VERTICAL(
            "vertical, 9:16, over its own blur",
            "split[a][b];[a]scale=480:854:force_original_aspect_ratio=increase,crop=480:854,boxblur=20:2[c];"
                    + "[b]scale=480:-2[d];[c][d]overlay=0:(H-h)/2"),
    MIRROR_CROP_CAPTION(
            "mirror, crop 15 %, caption",
            "hflip,crop=trunc(iw*0.425)*2:trunc(ih*0.425)*2,pad=iw:ceil(ih*0.575)*2:0:oh-ih:white[e];"
                    + "[%1$d:v]scale=724:61[f];[e][f]overlay=0:0"),
    PICTURE_IN_PICTURE("picture in picture 50 %", "scale=trunc(iw/4)*2:-2[h];[%2$d:v]%3$s[i];[i][h]overlay=%4$s");

    final String title;
    private final String graph;

    VideoEdit(String title, String graph) {
        this.title = title;
        this.graph = graph;
    }

    /**
     * Goes on from a chain of filters.
     *
     * @param caption the number of the input that is the caption's picture
     * @param around the number of the input that it is put into, as a picture in a picture
     * @param cut what makes that one as long and as large
     */
    String after(String chain, int caption, int around, String cut, Random random) {
        String place = String.format(Locale.ROOT, "(W-w)*%.3f:(H-h)*%.3f", random.nextDouble(), random.nextDouble());
        return chain + "," + String.format(Locale.ROOT, graph, caption, around, cut, place);
    }
}
