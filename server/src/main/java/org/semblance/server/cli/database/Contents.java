package org.semblance.server.cli.database;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.Digests;
import org.semblance.engine.InProcessHasher;
import org.semblance.engine.media.DecodePath;
import org.semblance.engine.media.MediaLimits;
import org.semblance.engine.media.MediaSource;
import picocli.CommandLine.Option;

/** Reads and hashes the files of a verb. */
public final class Contents {
    @Option(
            names = "--decode",
            paramLabel = "fast|exact",
            description =
                    "exact: every pixel in colour at full size, as the reference does; fast: large JPEGs in grey and"
                            + " reduced, videos by their luma, a few bits off. Default: exact for hashes of images that are"
                            + " kept, fast to match and for banked videos.")
    private @Nullable DecodePath path;

    /** @throws BadInputException if a way to decode was chosen, though that server decodes in its own */
    void requireNoChoice(String server) {
        if (path != null) {
            throw new BadInputException("--decode: " + path.name().toLowerCase(Locale.ROOT) + " (expected: none, as "
                    + server + " decodes the file)");
        }
    }

    public InProcessHasher hasher(DecodePath byDefault) {
        return new InProcessHasher(MediaLimits.DEFAULT, path == null ? byDefault : path);
    }

    /**
     * A file's content: a video stays where it is, whatever its size, anything else is read into direct memory, where the
     * decoder reads it in place.
     */
    public static MediaSource open(Path file) {
        try {
            if (Files.isDirectory(file)) {
                throw new BadInputException(file + ": a folder (expected: a file)");
            }
            MediaSource source = MediaSource.of(file);
            return source.format().isVideo() ? source : MediaSource.of(read(file));
        } catch (NoSuchFileException e) {
            throw new BadInputException(file + ": no such file", e);
        } catch (IOException e) {
            throw new BadInputException(file + ": " + e.getMessage(), e);
        }
    }

    /** The digests of a file's content. */
    public static Digests digests(Path file, MediaSource source) {
        try {
            return Digests.of(source);
        } catch (IOException e) {
            throw new BadInputException(file + ": " + e.getMessage(), e);
        }
    }

    /** The bytes of a file, in direct memory so that the decoder reads them in place. */
    public static ByteBuffer read(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            if (Files.isDirectory(file)) {
                throw new BadInputException(file + ": a folder (expected: a file)");
            }
            if (channel.size() > MediaLimits.DEFAULT.maxBytes()) {
                throw new BadInputException(file + ": " + channel.size() + " bytes (expected: at most "
                        + MediaLimits.DEFAULT.maxBytes() + ")");
            }
            ByteBuffer bytes = ByteBuffer.allocateDirect((int) channel.size());
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {}
            return bytes.flip();
        } catch (NoSuchFileException e) {
            throw new BadInputException(file + ": no such file", e);
        } catch (IOException e) {
            throw new BadInputException(file + ": " + e.getMessage(), e);
        }
    }
}
