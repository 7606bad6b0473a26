package org.semblance.hashdb.view;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.file.DurableFile;
import org.semblance.hashdb.file.FormatException;
import org.semblance.hashdb.file.SealedText;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The mark that a view was closed, in the frame of {@link SealedText}.
 *
 * <pre>
 * number 3
 * contents 65536
 * digests 65536
 * pages 512
 * seq 120
 * hash 64 hex digits, of that change in the journal
 * records-file length in bytes, CRC-32C
 * digests-file length in bytes, CRC-32C
 * frames-file length in bytes, CRC-32C
 * </pre>
 *
 * @param headHash the hash of change {@code seq}
 */
record CleanStop(Shape shape, long seq, String headHash) {
    private static final Logger LOG = LoggerFactory.getLogger(CleanStop.class);

    static final String FILE_NAME = "view.clean";

    private static final SealedText FORMAT = new SealedText("the mark of a view", "semblance-view", 3);
    private static final int FIRST_FILE = 6;
    private static final int WINDOW = 1 << 20;

    /**
     * Which files, and the capacities they were created with.
     */
    record Shape(long number, long contents, long digests, long pages) {
        Path records(Path folder) {
            return folder.resolve("view." + number + ".records");
        }

        Path digests(Path folder) {
            return folder.resolve("view." + number + ".digests");
        }

        Path frames(Path folder) {
            return folder.resolve("view." + number + ".frames");
        }

        /** All of them, in the order of the mark's lines. */
        List<Path> files(Path folder) {
            return List.of(records(folder), digests(folder), frames(folder));
        }
    }

    /** Writes the mark, when the files are on disk. */
    static void leave(Path folder, Shape shape, long seq, String headHash) throws IOException {
        String body = "\nnumber " + shape.number + "\ncontents " + shape.contents
                + "\ndigests "
                + shape.digests + "\npages " + shape.pages + "\nseq " + seq + "\nhash " + headHash + "\nrecords-file "
                + seal(shape.records(folder), true) + "\ndigests-file " + seal(shape.digests(folder), true)
                + "\nframes-file " + seal(shape.frames(folder), true) + "\n";
        DurableFile.write(folder.resolve(FILE_NAME), FORMAT.seal(body).getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Reads the mark and takes it away; null if there is none or it does not fit the files. */
    static @Nullable CleanStop take(Path folder) throws IOException {
        Path file = folder.resolve(FILE_NAME);
        if (!Files.exists(file)) {
            return null;
        }
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        Files.delete(file);
        try {
            return check(folder, FORMAT.open(file, text));
        } catch (FormatException e) {
            LOG.warn("{}; the view is built anew", e.getMessage());
        } catch (IllegalArgumentException e) {
            LOG.warn("{}: {}; the view is built anew", folder, e.getMessage());
        }
        return null;
    }

    private static CleanStop check(Path folder, String body) throws IOException {
        List<String> lines = body.lines().skip(1).toList();
        Shape shape = new Shape(number(lines.get(0)), number(lines.get(1)), number(lines.get(2)), number(lines.get(3)));
        int next = FIRST_FILE;
        for (Path map : shape.files(folder)) {
            String line = lines.get(next++);
            if (!Files.exists(map)) {
                throw new IllegalArgumentException(map.getFileName() + " is missing");
            }
            if (!seal(map, false).equals(line.substring(line.indexOf(' ') + 1))) {
                throw new IllegalArgumentException(map.getFileName() + " is damaged");
            }
        }
        return new CleanStop(
                shape, number(lines.get(4)), lines.get(5).substring(lines.get(5).indexOf(' ') + 1));
    }

    private static long number(String line) {
        return Long.parseLong(line.substring(line.indexOf(' ') + 1));
    }

    /** Length and checksum of a file's bytes. */
    private static String seal(Path file, boolean sync) throws IOException {
        CRC32C crc = new CRC32C();
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            if (sync) {
                in.force(true);
            }
            ByteBuffer window = ByteBuffer.allocateDirect(WINDOW);
            while (in.read(window) >= 0) {
                crc.update(window.flip());
                window.clear();
            }
            return in.size() + " " + SealedText.hex(crc);
        }
    }
}
