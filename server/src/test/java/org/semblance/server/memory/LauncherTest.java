package org.semblance.server.memory;

import static java.nio.file.attribute.PosixFilePermissions.fromString;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The heap that {@code bin/semblance} gives a server. The virtual machine that it starts here only says with what. */
@EnabledOnOs(OS.LINUX)
class LauncherTest {
    private static final Path LAUNCHER = Path.of("src/main/dist/bin/semblance").toAbsolutePath();
    private static final int LEAST = 256;

    /** So few that a machine of a few gigabytes has the heap for them, with exchanges as well. */
    private static final long CONTENTS = 2_000_000;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void makeJdk() throws IOException {
        Path bin = Files.createDirectories(folder.resolve("jdk/bin"));
        Files.writeString(
                folder.resolve("jdk/release"), "JAVA_VERSION=\"25.0.1\"\nJAVA_RUNTIME_VERSION=\"25.0.1+1\"\n");
        Path java = Files.writeString(bin.resolve("java"), "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
        Files.setPosixFilePermissions(java, fromString("rwxr-xr-x"));
        environment.put("JAVA_HOME", folder.resolve("jdk").toString());
    }

    /** A data folder whose catalog has so many contents of one hash; the file has holes and takes no room. */
    private Path data(String name, long contents) throws IOException {
        Path data = Files.createDirectories(folder.resolve(name));
        try (RandomAccessFile catalog =
                new RandomAccessFile(data.resolve("catalog.db").toFile(), "rw")) {
            catalog.setLength(80 * contents);
        }
        return data;
    }

    private List<String> launched(String... args) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("sh", LAUNCHER.toString()));
        command.addAll(List.of(args));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        for (String name : List.of("SEMBLANCE_JAVA_OPTS", "JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "SEMBLANCE_DATA")) {
            builder.environment().remove(name);
        }
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output.lines().toList();
    }

    private long heap(String... args) throws IOException, InterruptedException {
        List<String> bounds = launched(args).stream()
                .filter(option -> option.startsWith("-Xmx"))
                .toList();
        assertThat(bounds).hasSize(1);
        assertThat(bounds.getFirst()).matches("-Xmx[0-9]+m");
        return Long.parseLong(bounds.getFirst().replaceAll("[^0-9]", ""));
    }

    @Test
    void boundsTheHeapOfAServerByItsList() throws Exception {
        String none = folder.resolve("none").toString();
        String large = data("large", CONTENTS).toString();
        long base = heap("serve", "--data", none);
        assertThat(base).isGreaterThan(LEAST).isLessThanOrEqualTo(LEAST + 16 * 64);
        // 12 bytes a content, twice.
        long list = 24 * CONTENTS >> 20;
        assertThat(heap("serve", "--data", large)).isEqualTo(base + list);
        assertThat(heap("serve", "--port=0", "--data=" + large)).isEqualTo(base + list);
        assertThat(launched("serve", "--data", large))
                .contains("serve", large)
                .anyMatch(option -> option.matches("-XX:MaxDirectMemorySize=[0-9]+m"))
                .anySatisfy(option -> assertThat(option)
                        .matches("-Dsemblance.heap=256 MB, 64 for each of [0-9]+ processors, " + list
                                + " for a list of up to 2000000 contents that may become twice as long"));
        Files.writeString(Path.of(large, "exchanges.json"), "{}");
        assertThat(heap("doctor", "--data", large)).isEqualTo(base + (224 * CONTENTS >> 20));
    }

    @Test
    void findsTheListWhereTheServerFindsIt() throws Exception {
        long base = heap("serve");
        long list = 24 * CONTENTS >> 20;
        data("data", CONTENTS);
        assertThat(heap("serve")).isEqualTo(base + list);
        Path named = data("of its own", 2 * CONTENTS);
        Files.writeString(
                folder.resolve("semblance.toml"), "port = 0\n#data = \"x\"\n data = \"" + named + "\" # here\n");
        assertThat(heap("serve")).isEqualTo(base + (48 * CONTENTS >> 20));
        environment.put("SEMBLANCE_DATA", folder.resolve("data").toString());
        assertThat(heap("serve")).isEqualTo(base + list);
        assertThat(heap("serve", "--data", folder.resolve("none").toString())).isEqualTo(base);
    }

    @Test
    void leavesTheHeapToWhoeverSetsIt() throws Exception {
        environment.put("SEMBLANCE_JAVA_OPTS", "-Dsome.thing=1 -Xmx700m");
        assertThat(launched("serve"))
                .contains("-Xmx700m", "-Dsome.thing=1")
                .filteredOn(option -> option.startsWith("-Xmx") || option.startsWith("-Dsemblance.heap"))
                .hasSize(1);
        environment.put("SEMBLANCE_JAVA_OPTS", "-XX:MaxRAMPercentage=25");
        assertThat(launched("serve")).noneMatch(option -> option.startsWith("-Xmx"));
        environment.put("SEMBLANCE_JAVA_OPTS", "-Dsome.thing=1");
        assertThat(heap("serve")).isGreaterThan(LEAST);
        assertThat(launched("import", "--bank", "B")).noneMatch(option -> option.startsWith("-Xmx"));
    }
}
