package org.semblance.bench.hostile;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;

/**
 * Damages files where it hurts: it knows of what parts a JPEG, PNG, WebP, GIF or MP4 is made, and so gives files whose outside
 * still fits (PNG's checksums are right again, RIFF's length mostly) and whose inside does not. It doubles, drops, swaps,
 * cuts, lengthens and nests parts, and puts extreme numbers where their sizes, counts and dimensions are.
 *
 * <p>The seed decides everything: the same files in the same order come out damaged in the same way.
 */
final class Mutator {
    private static final int[] EXTREMES = {
        0,
        1,
        2,
        7,
        8,
        0x7F,
        0x80,
        0xFF,
        0x100,
        0x7FFF,
        0x8000,
        0xFFFF,
        0x10000,
        0xFFFFFF,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        -1,
        -2
    };

    /** How far into a part its numbers are: dimensions, counts and the first entries of tables. */
    private static final int HEAD = 24;

    private static final int PNG_SIGNATURE = 8;
    private static final int RIFF_HEADER = 12;
    private static final int GIF_HEADER = 13;
    private static final int MOST_BYTES = 8_000_000;

    private final Random random;

    Mutator(long seed) {
        random = new Random(seed);
    }

    /** What the mutator knows the structure of. */
    enum Kind {
        JPEG,
        PNG,
        RIFF,
        GIF,
        BOXES,
        NONE;

        static Kind of(byte[] file) {
            if (file.length < 16) {
                return NONE;
            } else if ((file[0] & 0xFF) == 0xFF && (file[1] & 0xFF) == 0xD8) {
                return JPEG;
            } else if ((file[0] & 0xFF) == 0x89 && file[1] == 'P') {
                return PNG;
            } else if (file[0] == 'R' && file[1] == 'I' && file[2] == 'F') {
                return RIFF;
            } else if (file[0] == 'G' && file[1] == 'I' && file[2] == 'F') {
                return GIF;
            }
            return file[4] == 'f' && file[5] == 't' && file[6] == 'y' && file[7] == 'p' ? BOXES : NONE;
        }
    }

    /**
     * A stretch of the file that means something.
     *
     * @param body where what follows its length and name begins
     */
    private record Part(int from, int body, int until) {
        int size() {
            return until - from;
        }
    }

    /** A damaged copy. */
    byte[] mutate(byte[] file) {
        Kind kind = Kind.of(file);
        byte[] damaged = file.clone();
        for (int edits = 1 + random.nextInt(4); edits > 0; edits--) {
            damaged = edit(damaged, kind);
        }
        if (kind == Kind.PNG && random.nextInt(8) > 0) {
            fixPng(damaged);
        } else if (kind == Kind.RIFF && random.nextInt(4) > 0 && damaged.length >= RIFF_HEADER) {
            ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN).putInt(4, damaged.length - 8);
        }
        return damaged;
    }

    private byte[] edit(byte[] file, Kind kind) {
        List<Part> parts = parts(file, kind);
        if (parts.isEmpty() || file.length < 16) {
            return noise(file, 0, file.length);
        }
        Part part = parts.get(random.nextInt(parts.size()));
        Part other = parts.get(random.nextInt(parts.size()));
        return switch (random.nextInt(11)) {
            case 0 -> splice(file, part.until, part.until, slice(file, part)); // doubled
            case 1 -> splice(file, part.from, part.until, new byte[0]); // dropped
            case 2 -> splice(file, part.from, part.until, slice(file, other)); // another in its place
            case 3 -> splice(file, part.until, part.until, slice(file, other)); // moved
            case 4 -> Arrays.copyOf(file, part.from + random.nextInt(Math.max(1, part.size()))); // cut off
            case 5 -> many(file, part);
            case 6 -> noise(file, part.body, part.until);
            case 7 -> extreme(file, part.from, Math.min(part.body, file.length)); // its length or name
            default -> extreme(file, part.body, Math.min(part.until, part.body + HEAD));
        };
    }

    private static byte[] slice(byte[] file, Part part) {
        return Arrays.copyOfRange(file, part.from, part.until);
    }

    private static byte[] splice(byte[] file, int from, int until, byte[] with) {
        if ((long) file.length + with.length > MOST_BYTES) {
            return file;
        }
        byte[] spliced = new byte[file.length - (until - from) + with.length];
        System.arraycopy(file, 0, spliced, 0, from);
        System.arraycopy(with, 0, spliced, from, with.length);
        System.arraycopy(file, until, spliced, from + with.length, file.length - until);
        return spliced;
    }

    /** The same part hundreds of times. */
    private byte[] many(byte[] file, Part part) {
        int times = Math.min(2 + random.nextInt(400), 1_000_000 / Math.max(1, part.size()));
        byte[] one = slice(file, part);
        byte[] all = new byte[Math.max(0, times) * one.length];
        for (int i = 0; i < times; i++) {
            System.arraycopy(one, 0, all, i * one.length, one.length);
        }
        return splice(file, part.until, part.until, all);
    }

    private byte[] noise(byte[] file, int from, int until) {
        byte[] noisy = file.clone();
        for (int flips = 1 + random.nextInt(16); flips > 0 && until > from; flips--) {
            noisy[from + random.nextInt(until - from)] = (byte) random.nextInt();
        }
        return noisy;
    }

    /** A number of one, two or four bytes, in either order. */
    private byte[] extreme(byte[] file, int from, int until) {
        byte[] changed = file.clone();
        int width = 1 << random.nextInt(3);
        if (until - from < width) {
            return noise(file, from, until);
        }
        int at = from + random.nextInt(until - from - width + 1);
        int value = EXTREMES[random.nextInt(EXTREMES.length)];
        boolean little = random.nextBoolean();
        for (int i = 0; i < width; i++) {
            changed[at + (little ? i : width - 1 - i)] = (byte) (value >>> (8 * i));
        }
        return changed;
    }

    private static List<Part> parts(byte[] file, Kind kind) {
        List<Part> parts = new ArrayList<>();
        switch (kind) {
            case JPEG -> jpegParts(file, parts);
            case PNG -> pngParts(file, parts);
            case RIFF -> riffParts(file, RIFF_HEADER, file.length, parts);
            case GIF -> gifParts(file, parts);
            case BOXES -> boxParts(file, 0, file.length, 0, parts);
            case NONE -> parts.add(new Part(0, 0, file.length));
        }
        return parts;
    }

    /** Marker segments, each scan with the data behind it. */
    private static void jpegParts(byte[] file, List<Part> parts) {
        int at = 2;
        while (at + 4 <= file.length && (file[at] & 0xFF) == 0xFF) {
            int marker = file[at + 1] & 0xFF;
            int length = (file[at + 2] & 0xFF) << 8 | (file[at + 3] & 0xFF);
            int until = Math.min(file.length, at + 2 + length);
            if (marker == 0xDA) {
                while (until + 1 < file.length
                        && ((file[until] & 0xFF) != 0xFF
                                || file[until + 1] == 0
                                || ((file[until + 1] & 0xFF) >= 0xD0 && (file[until + 1] & 0xFF) <= 0xD7))) {
                    until++;
                }
            }
            if (until <= at) {
                return;
            }
            parts.add(new Part(at, Math.min(at + 4, until), until));
            at = until;
        }
    }

    private static void pngParts(byte[] file, List<Part> parts) {
        ByteBuffer bytes = ByteBuffer.wrap(file);
        int at = PNG_SIGNATURE;
        while (at + 12 <= file.length) {
            long length = bytes.getInt(at) & 0xFFFFFFFFL;
            int until = (int) Math.min(file.length, at + 12 + length);
            parts.add(new Part(at, at + 8, until));
            at = until;
        }
    }

    /** Gives every chunk the checksum of what is in it now. */
    private static void fixPng(byte[] file) {
        ByteBuffer bytes = ByteBuffer.wrap(file);
        int at = PNG_SIGNATURE;
        while (at + 12 <= file.length) {
            long length = bytes.getInt(at) & 0xFFFFFFFFL;
            if (at + 12 + length > file.length) {
                return;
            }
            CRC32 checksum = new CRC32();
            checksum.update(file, at + 4, (int) length + 4);
            bytes.putInt(at + 8 + (int) length, (int) checksum.getValue());
            at += 12 + (int) length;
        }
    }

    /** Chunks, and within WebP's frames those of the frame. */
    private static void riffParts(byte[] file, int from, int until, List<Part> parts) {
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int at = from;
        while (at + 8 <= until) {
            long length = bytes.getInt(at + 4) & 0xFFFFFFFFL;
            int end = (int) Math.min(until, at + 8 + length + (length & 1));
            parts.add(new Part(at, at + 8, end));
            if (file[at] == 'A' && file[at + 1] == 'N' && file[at + 2] == 'M' && file[at + 3] == 'F') {
                riffParts(file, Math.min(end, at + 24), end, parts);
            }
            at = end;
        }
    }

    private static void gifParts(byte[] file, List<Part> parts) {
        if (file.length < GIF_HEADER) {
            return;
        }
        int colours = (file[10] & 0x80) == 0 ? 0 : 3 << ((file[10] & 7) + 1);
        int at = Math.min(file.length, GIF_HEADER + colours);
        parts.add(new Part(6, 6, at));
        while (at < file.length) {
            int from = at;
            int body;
            if (file[at] == '!') {
                body = at + 2;
                at = subBlocks(file, at + 2);
            } else if (file[at] == ',' && at + 10 <= file.length) {
                int local = (file[at + 9] & 0x80) == 0 ? 0 : 3 << ((file[at + 9] & 7) + 1);
                body = at + 1;
                at = subBlocks(file, at + 11 + local);
            } else {
                return;
            }
            at = Math.min(at, file.length);
            if (at <= from) {
                return;
            }
            parts.add(new Part(from, Math.min(body, at), at));
        }
    }

    private static int subBlocks(byte[] file, int from) {
        int at = from;
        while (at < file.length && file[at] != 0) {
            at += 1 + (file[at] & 0xFF);
        }
        return at + 1;
    }

    /** Boxes, and those within the ones that hold others. */
    private static void boxParts(byte[] file, int from, int until, int depth, List<Part> parts) {
        ByteBuffer bytes = ByteBuffer.wrap(file);
        int at = from;
        while (at + 8 <= until) {
            long length = bytes.getInt(at) & 0xFFFFFFFFL;
            if (length < 8) {
                return;
            }
            int end = (int) Math.min(until, at + length);
            parts.add(new Part(at, at + 8, end));
            String type = new String(file, at + 4, 4, StandardCharsets.ISO_8859_1);
            if (depth < 12
                    && List.of("moov", "trak", "mdia", "minf", "stbl", "edts", "dinf", "udta")
                            .contains(type)) {
                boxParts(file, at + 8, end, depth + 1, parts);
            }
            at = end;
        }
    }

    /** The bytes of some files one behind the other. */
    static byte[] concat(byte[]... pieces) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] piece : pieces) {
            all.writeBytes(piece);
        }
        return all.toByteArray();
    }
}
