package org.semblance.engine.video;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.catalog.KnownVideo;
import org.semblance.hashdb.hash.FrameSpan;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.hash.HashAndQuality;

/**
 * The two forms in which vPDQ hashes are exchanged.
 *
 * <p>Text, as Meta's command-line tools write and read it: a line for each frame, {@code number,quality,hash,seconds}, the
 * seconds with three decimals.
 *
 * <p>JSON, as python-threatexchange does: an array of strings {@code "hash,quality,seconds"}. There the seconds have three
 * significant digits (100 s is {@code 1e+02}), and frames have no number.
 */
public final class Vpdq {
    private static final int SECONDS_DECIMALS = 3;
    private static final MathContext SECONDS_DIGITS = new MathContext(3, RoundingMode.HALF_EVEN);

    private Vpdq() {}

    /** Lines, each with its line feed. */
    public static String toText(List<FrameHash> frames) {
        StringBuilder text = new StringBuilder();
        for (FrameHash frame : frames) {
            text.append(frame.number())
                    .append(',')
                    .append(frame.pdq().quality())
                    .append(',')
                    .append(frame.pdq().hash().toHex())
                    .append(',')
                    .append(new BigDecimal(frame.seconds()).setScale(SECONDS_DECIMALS, RoundingMode.HALF_EVEN))
                    .append('\n');
        }
        return text.toString();
    }

    /**
     * Reads lines; empty ones are passed over, and as in the reference fields after the fourth.
     *
     * @throws IllegalArgumentException if a line is not of the form, naming it
     */
    public static List<FrameHash> parseText(String text) {
        List<FrameHash> frames = new ArrayList<>();
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            String[] fields = line.split(",", -1);
            if (fields.length < 4) {
                throw new IllegalArgumentException("line " + number + ": " + fields.length
                        + " fields (expected: frame number, quality, hash, seconds)");
            }
            String place = "line " + number;
            int frame = integer(place + ": frame number", fields[0]);
            frames.add(frame(place, frame, fields[2], fields[1], fields[3]));
        }
        return frames;
    }

    /** The array, as Python's {@code json.dumps} writes it. */
    public static String toJson(List<FrameHash> frames) {
        return frames.stream()
                .map(f -> '"' + f.pdq().hash().toHex() + ',' + f.pdq().quality() + ',' + significant(f.seconds()) + '"')
                .collect(Collectors.joining(", ", "[", "]"));
    }

    /**
     * Reads an array; the empty text is an empty one, as in the reference. Frames are numbered from 0 in their order.
     *
     * @throws IllegalArgumentException if the text is not of the form, naming what came
     */
    public static List<FrameHash> parseJson(String json) {
        List<FrameHash> frames = new ArrayList<>();
        for (String text : strings(json.strip())) {
            String place = "frame " + frames.size();
            String[] fields = text.split(",", -1);
            if (fields.length != 3) {
                throw new IllegalArgumentException(
                        place + ": " + fields.length + " fields (expected: hash, quality, seconds)");
            }
            frames.add(frame(place, frames.size(), fields[0], fields[1], fields[2]));
        }
        return frames;
    }

    /**
     * The video that is banked where its vPDQ array is known: each frame of enough quality, for the time until the next one;
     * equal hashes in a row once. Frames that differ are all kept, since the maker of the array has chosen them.
     *
     * @param durationMs the video's length, or null if it ends with its last frame
     * @return empty if no frame has enough quality
     * @throws IllegalArgumentException if the text is not of the form, or it lasts too long
     */
    public static Optional<KnownVideo> known(String json, @Nullable Integer durationMs) {
        List<FrameHash> frames = parseJson(json).stream()
                .sorted(Comparator.comparingDouble(FrameHash::seconds))
                .toList();
        double last = frames.isEmpty() ? 0 : frames.getLast().seconds();
        int lastMs = (int) Math.min(Math.round(last * 1000), Integer.MAX_VALUE);
        if (durationMs == null && lastMs > KnownVideo.MAX_DURATION_MS) {
            throw new IllegalArgumentException(
                    "seconds: " + last + " (expected: at most " + KnownVideo.MAX_DURATION_MS / 1000 + ")");
        }
        int endMs = durationMs == null ? lastMs : durationMs;
        if (endMs < lastMs || endMs > KnownVideo.MAX_DURATION_MS) {
            throw new IllegalArgumentException("duration_ms: '" + endMs + "' (expected: from the last frame, " + lastMs
                    + ", to " + KnownVideo.MAX_DURATION_MS + ")");
        }
        List<FrameSpan> spans = new ArrayList<>();
        for (VideoHashes.Kept kept : VideoHashes.prune(frames, endMs / 1000.0, 0, HashAndQuality.MIN_QUALITY)) {
            int from = Math.min((int) Math.round(kept.frame().seconds() * 1000), endMs);
            int until = Math.clamp(Math.round(kept.until() * 1000), from, endMs);
            spans.add(
                    new FrameSpan(kept.frame().pdq().hash(), kept.frame().pdq().quality(), from, until));
        }
        return spans.isEmpty() ? Optional.empty() : Optional.of(new KnownVideo(endMs, spans));
    }

    /**
     * The video that is banked where its vPDQ array is known, and until when each frame is shown. The array was made of a
     * banked video, so that each frame of enough quality is kept as it is.
     *
     * @param untilMs when each frame of the array ends, in milliseconds
     * @return empty if no frame has enough quality
     * @throws IllegalArgumentException if the text is not of the form, or the times do not belong to it
     */
    public static Optional<KnownVideo> known(String json, int durationMs, List<Integer> untilMs) {
        List<FrameHash> frames = parseJson(json);
        if (untilMs.size() != frames.size()) {
            throw new IllegalArgumentException(
                    "until_ms: " + untilMs.size() + " numbers (expected: one a frame, " + frames.size() + ")");
        }
        List<FrameSpan> spans = new ArrayList<>();
        for (int i = 0; i < frames.size(); i++) {
            HashAndQuality pdq = frames.get(i).pdq();
            if (pdq.quality() >= HashAndQuality.MIN_QUALITY) {
                int from = (int) Math.min(Math.round(frames.get(i).seconds() * 1000), Integer.MAX_VALUE);
                spans.add(new FrameSpan(pdq.hash(), pdq.quality(), from, untilMs.get(i)));
            }
        }
        return spans.isEmpty() ? Optional.empty() : Optional.of(new KnownVideo(durationMs, spans));
    }

    /**
     * The banked form of a video of a list. A video without a frame of enough quality can never match, and is refused.
     *
     * @throws IllegalArgumentException also if no frame has enough quality
     */
    public static KnownVideo listed(String json, @Nullable Integer durationMs) {
        return known(json, durationMs)
                .orElseThrow(() -> new IllegalArgumentException("vpdq: no frame of quality "
                        + HashAndQuality.MIN_QUALITY + " or more, so it would never match"));
    }

    /** The strings of an array of strings. None of what they may hold needs an escape, so one is refused. */
    private static List<String> strings(String json) {
        List<String> strings = new ArrayList<>();
        if (json.isEmpty()) {
            return strings;
        }
        int at = expect(json, 0, '[');
        if (at < json.length() && json.charAt(at) == ']') {
            at++;
        } else {
            while (true) {
                at = expect(json, at, '"');
                int end = json.indexOf('"', at);
                if (end < 0 || json.substring(at, end).indexOf('\\') >= 0) {
                    throw new IllegalArgumentException("vpdq: the string at position " + (at - 1)
                            + " has an escape or no end (expected: \"hash,quality,seconds\")");
                }
                strings.add(json.substring(at, end));
                at = skipSpace(json, end + 1);
                if (at < json.length() && json.charAt(at) == ']') {
                    at++;
                    break;
                }
                at = expect(json, at, ',');
            }
        }
        if (at < json.length()) {
            throw unexpected(json, at, "the end");
        }
        return strings;
    }

    /** The position after that character and the space behind it. A string's own space is kept. */
    private static int expect(String json, int at, char c) {
        if (at >= json.length() || json.charAt(at) != c) {
            throw unexpected(json, at, "'" + c + "'");
        }
        return c == '"' ? at + 1 : skipSpace(json, at + 1);
    }

    private static int skipSpace(String json, int at) {
        int i = at;
        while (i < json.length() && " \t\r\n".indexOf(json.charAt(i)) >= 0) {
            i++;
        }
        return i;
    }

    private static IllegalArgumentException unexpected(String json, int at, String expected) {
        String came = at < json.length() ? String.format("U+%04X", (int) json.charAt(at)) : "the end";
        return new IllegalArgumentException("vpdq: " + came + " at position " + at + " (expected: " + expected + ")");
    }

    private static FrameHash frame(String place, int number, String hash, String quality, String seconds) {
        try {
            return new FrameHash(
                    number,
                    number(seconds),
                    new HashAndQuality(Hash256.parse(hash.strip()), integer("quality", quality)));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(place + ": " + e.getMessage(), e);
        }
    }

    private static double number(String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("seconds: '" + text + "' (expected: a number, at least 0)", e);
        }
    }

    private static int integer(String field, String text) {
        try {
            return Integer.parseInt(text.strip());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(field + ": '" + text + "' (expected: a whole number)", e);
        }
    }

    /** As Python's format {@code .3} writes a float: the shorter of the two notations, with a point in the plain one. */
    private static String significant(double value) {
        if (value == 0) {
            return "0.0";
        }
        BigDecimal rounded = new BigDecimal(value).round(SECONDS_DIGITS).stripTrailingZeros();
        int exponent = rounded.precision() - rounded.scale() - 1;
        if (exponent >= -4 && exponent < 2) {
            return rounded.scale() < 1 ? rounded.setScale(1).toPlainString() : rounded.toPlainString();
        }
        String digits = rounded.unscaledValue().toString();
        String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
        return mantissa + (exponent < 0 ? "e-" : "e+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    }
}
