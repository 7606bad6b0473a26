package org.semblance.hashdb;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a second process out of a data folder. The lock is the system's and ends with the process, however it ends; the
 * file's text only tells the other one who holds it.
 */
public final class FolderLock implements AutoCloseable {
    /** The file in the folder. */
    public static final String FILE_NAME = "lock";

    private static final int OWNER_BYTES = 200;

    private final FileChannel channel;

    private FolderLock(FileChannel channel) {
        this.channel = channel;
    }

    /** @throws DatabaseRefusedException if the folder is in use or cannot be written */
    public static FolderLock take(Path folder) {
        FileChannel channel = null;
        try {
            channel = FileChannel.open(
                    folder.resolve(FILE_NAME),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
            FileLock lock = tryLock(channel);
            if (lock == null) {
                String owner = owner(channel);
                channel.close();
                throw new DatabaseInUseException(folder, owner);
            }
            channel.truncate(0);
            channel.write(
                    ByteBuffer.wrap(("process " + ProcessHandle.current().pid()).getBytes(StandardCharsets.UTF_8)));
            return new FolderLock(channel);
        } catch (IOException e) {
            if (channel != null) {
                closeQuietly(channel);
            }
            throw new DatabaseRefusedException(folder, "cannot be locked: " + FileProblem.of(e), e);
        }
    }

    /** Who has the folder; null if nobody, or there is none. Takes nothing. */
    static @Nullable String holder(Path folder) throws IOException {
        Path file = folder.resolve(FILE_NAME);
        if (!Files.exists(file)) {
            return null;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
                FileLock lock = tryLock(channel)) {
            return lock == null ? owner(channel) : null;
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private static String owner(FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(OWNER_BYTES);
        channel.read(text, 0);
        return text.position() == 0
                ? "another process"
                : StandardCharsets.UTF_8.decode(text.flip()).toString();
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // Nothing was written that matters.
        }
    }

    @Override
    public void close() {
        closeQuietly(channel);
    }
}
