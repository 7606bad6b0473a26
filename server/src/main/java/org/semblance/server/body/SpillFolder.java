package org.semblance.server.body;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.Digests;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.http.HttpError;
import org.semblance.server.work.BackgroundThreads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files of uploads that are too large for memory. All that waits for the disk or computes digests is done by threads of
 * its own, which give way to those that answer.
 *
 * <p>A file has a name, because decoders open it by its path, and is readable to this user alone. It lives from the
 * first bytes that are written until its upload is released; what a killed server left is removed when the folder is
 * opened. A lock keeps two servers from removing each other's.
 */
public final class SpillFolder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SpillFolder.class);
    private static final long MOST_BYTES = 16_000_000_000L;
    private static final int THREADS = 2;
    private static final Duration LAST_WRITES = Duration.ofMillis(500);
    private static final String PREFIX = "upload-";
    private static final String SUFFIX = ".tmp";

    private final Path folder;
    private final boolean posix;
    private final FileChannel lockFile;
    private final FileLock lock;
    private final ByteBudget budget;
    private final ExecutorService threads;
    private final Executor disk;
    private final AtomicLong names = new AtomicLong();

    /** Opens the folder of that configuration, and creates it if it is not there. */
    public static SpillFolder open(ServerConfig config) throws IOException {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS, new BackgroundThreads("spill"));
        try {
            return new SpillFolder(config, threads, threads);
        } catch (IOException | RuntimeException e) {
            threads.shutdown();
            throw e;
        }
    }

    /**
     * Opens the folder.
     *
     * @param threads shut down in the end
     * @param disk runs the work of each file in its order; usually the threads themselves
     * @throws IOException if the folder cannot be written to or another server has it
     */
    SpillFolder(ServerConfig config, ExecutorService threads, Executor disk) throws IOException {
        this.folder = config.uploadFolder();
        this.threads = threads;
        this.disk = disk;
        try {
            posix = folder.getFileSystem().supportedFileAttributeViews().contains("posix");
            Files.createDirectories(folder, permissions("rwx------"));
            lockFile = FileChannel.open(
                    folder.resolve("lock"),
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                    permissions("rw-------"));
        } catch (IOException e) {
            throw new IOException("upload_folder: " + folder + ": cannot be written to: " + reason(e), e);
        }
        FileLock taken = null;
        try {
            taken = lockFile.tryLock();
        } catch (OverlappingFileLockException e) {
            // Another server, in this process.
        }
        if (taken == null) {
            lockFile.close();
            throw new IOException("upload_folder: " + folder + " (expected: one that no other server uses)");
        }
        lock = taken;
        int removed = removeFiles();
        if (removed > 0) {
            LOG.info("removed {} uploads that a killed server left in {}", removed, folder);
        }
        budget = new ByteBudget(limit(config.maxUploadFolderBytes()));
    }

    private FileAttribute<?>[] permissions(String permissions) {
        return posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }

    private long limit(long configured) throws IOException {
        if (configured > 0) {
            return configured;
        }
        FileStore store = Files.getFileStore(folder);
        return Math.min(MOST_BYTES, store.getUsableSpace() / 2);
    }

    private int removeFiles() throws IOException {
        int removed = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, PREFIX + "*" + SUFFIX)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
                removed++;
            }
        }
        return removed;
    }

    /** How many bytes all files together may have, and have. */
    public ByteBudget budget() {
        return budget;
    }

    /** A file to be; it is created by the first write. */
    SpillFile newFile() {
        return new SpillFile(folder.resolve(PREFIX + names.getAndIncrement() + SUFFIX));
    }

    /**
     * Waits a moment for writes that have begun, and removes every file. All uploads have been released, or their
     * requests are cut off.
     */
    @Override
    public void close() {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(LAST_WRITES.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("the disk of {} is still busy and is left behind", folder);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try {
            removeFiles();
            lock.release();
            lockFile.close();
        } catch (IOException e) {
            LOG.warn("{} could not be cleaned up; the next start will do so", folder, e);
        }
    }

    private static String reason(IOException failure) {
        if (failure instanceof FileSystemException e) {
            return e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
        }
        return String.valueOf(failure.getMessage());
    }

    /** What came of work on a file. */
    record Outcome(@Nullable Digests digests, @Nullable HttpError failure) {}

    /** One file: a few pieces of work, of which the caller gives the next when the one before is done. */
    final class SpillFile {
        private final Path path;

        // Touched by the threads of the disk alone, one piece of work after the other.
        private final Digests.Builder digests = new Digests.Builder();
        private @Nullable FileChannel channel;

        private long charged;

        private SpillFile(Path path) {
            this.path = path;
        }

        Path path() {
            return path;
        }

        /**
         * Writes a block behind what was written before.
         *
         * @param block must not change until it is done
         * @param last whether the digests of all are wanted now
         * @param done told what came of it, by another thread
         * @throws HttpError 503 if all files together would grow too large
         */
        void write(ByteBuffer block, boolean last, Consumer<Outcome> done) {
            int size = block.remaining();
            if (!budget.take(size)) {
                throw HttpError.busy("too many bytes of uploads are on the disk");
            }
            charged += size;
            try {
                disk.execute(() -> done.accept(write(block, last)));
            } catch (RejectedExecutionException e) {
                throw HttpError.busy("the server is stopping");
            }
        }

        private Outcome write(ByteBuffer block, boolean last) {
            try {
                FileChannel file = channel;
                if (file == null) {
                    file = FileChannel.open(
                            path,
                            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                            permissions("rw-------"));
                    channel = file;
                }
                digests.update(block.duplicate());
                while (block.hasRemaining()) {
                    file.write(block);
                }
                if (!last) {
                    return new Outcome(null, null);
                }
                file.close();
                return new Outcome(digests.finish(), null);
            } catch (IOException e) {
                LOG.warn("an upload could not be stored in {}: {}", folder, reason(e));
                return new Outcome(
                        null, HttpError.busy("the upload could not be stored on the server's disk: " + reason(e)));
            }
        }

        /** Removes the file, and gives its bytes back once it is gone. Nothing is being written, nor read. */
        void delete() {
            try {
                disk.execute(this::deleteNow);
            } catch (RejectedExecutionException e) {
                deleteNow(); // The server stops, and its last requests are gone.
            }
        }

        private void deleteNow() {
            try {
                FileChannel file = channel;
                if (file != null) {
                    file.close();
                }
                Files.deleteIfExists(path);
            } catch (IOException e) {
                LOG.warn("{} could not be removed: {}", path, reason(e));
            } finally {
                budget.giveBack(charged);
                charged = 0;
            }
        }
    }
}
