package org.semblance.hashdb;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDirFactory;

/**
 * Makes the tests' temporary folders in memory where Linux has a file system for that, with room in it. What most tests of a
 * database wait for is otherwise a disk that syncs; and no test cuts the power, so none can tell whether it did.
 * {@code -Djunit.jupiter.tempdir.factory.default='org.junit.jupiter.api.io.TempDirFactory$Standard'} has them on the disk.
 */
public final class FoldersInMemory implements TempDirFactory {
    private static final Path MEMORY = Path.of("/dev/shm");
    private static final long ROOM = 2L << 30;

    @Override
    public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext extension) throws IOException {
        boolean there = Files.isWritable(MEMORY) && Files.getFileStore(MEMORY).getUsableSpace() > ROOM;
        return there
                ? Files.createTempDirectory(MEMORY, "semblance-test")
                : Files.createTempDirectory("semblance-test");
    }
}
