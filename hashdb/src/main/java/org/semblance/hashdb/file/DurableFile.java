package org.semblance.hashdb.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;

/**
 * Puts a file in the place of another, so that a crash leaves one of them, whole:
 *
 * <ol>
 *   <li>The new file is written under another name in the same folder.
 *   <li>It is synced to the disk.
 *   <li>It is renamed, which replaces the old file in one step. No reader sees a part of it.
 *   <li>The folder is synced, so that a power cut does not take the rename back.
 * </ol>
 */
public final class DurableFile {
    private DurableFile() {}

    /** Where {@link #write} and others write a file before it has its name. */
    public static Path aside(Path file) {
        return file.resolveSibling(file.getFileName() + ".new");
    }

    /** Takes all four steps. */
    public static void write(Path file, byte[] content) throws IOException {
        write(file, content, new FileAttribute<?>[0]);
    }

    /** Takes all four steps with a file that only its owner may read, where the system knows owners. */
    public static void writePrivate(Path file, byte[] content) throws IOException {
        write(file, content, ownerOnly(file));
    }

    private static void write(Path file, byte[] content, FileAttribute<?>[] attributes) throws IOException {
        Path aside = aside(file);
        Files.deleteIfExists(aside);
        try (FileChannel channel = open(aside, StandardOpenOption.CREATE_NEW, attributes)) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
        publish(aside, file);
    }

    /** Opens a file to write, making it one that only its owner may read; never through a symbolic link. */
    public static FileChannel openPrivate(Path file, OpenOption how) throws IOException {
        return open(file, how, ownerOnly(file));
    }

    private static FileChannel open(Path file, OpenOption how, FileAttribute<?>[] attributes) throws IOException {
        return FileChannel.open(file, Set.of(how, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS), attributes);
    }

    /** Takes steps two to four with a file that is written and in the same folder. */
    public static void publish(Path written, Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(written, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Path folder = folder(file);
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (FileSystemException e) {
            // Not every system opens a folder; there the rename is as durable as that system makes it.
            if (isPosix(folder)) {
                throw e;
            }
        }
    }

    private static FileAttribute<?>[] ownerOnly(Path file) throws IOException {
        return isPosix(folder(file))
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
    }

    private static boolean isPosix(Path folder) throws IOException {
        return Files.getFileStore(folder).supportsFileAttributeView("posix");
    }

    private static Path folder(Path file) {
        return Objects.requireNonNull(file.toAbsolutePath().getParent());
    }
}
