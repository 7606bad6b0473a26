package org.semblance.hashdb.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableFileTest {
    @TempDir
    private Path folder;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void replacesTheOldFileAndLeavesNothingBeside() throws IOException {
        Path file = folder.resolve("file");
        Files.writeString(DurableFile.aside(file), "left by a process that was killed");
        DurableFile.write(file, bytes("first"));
        DurableFile.write(file, bytes("second"));
        assertThat(file).hasContent("second");
        assertThat(folder).isDirectoryContaining(path -> path.equals(file));
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void aPrivateFileIsItsOwnersAlone() throws IOException {
        Path file = folder.resolve("file");
        DurableFile.writePrivate(file, bytes("secret"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void doesNotWriteThroughASymbolicLink() throws IOException {
        Path file = folder.resolve("file");
        Path target = folder.resolve("target");
        Files.writeString(target, "untouched");
        Files.createSymbolicLink(DurableFile.aside(file), target);
        DurableFile.write(file, bytes("new"));
        assertThat(target).hasContent("untouched");
        assertThat(Files.isSymbolicLink(file)).isFalse();
    }

    @Test
    void aFileThatCannotBeWrittenLeavesTheOldOne() throws IOException {
        Path file = folder.resolve("file");
        DurableFile.write(file, bytes("old"));
        Files.createDirectory(DurableFile.aside(file));
        Files.writeString(DurableFile.aside(file).resolve("in the way"), "");
        assertThatIOException().isThrownBy(() -> DurableFile.write(file, bytes("new")));
        assertThat(file).hasContent("old");
    }
}
