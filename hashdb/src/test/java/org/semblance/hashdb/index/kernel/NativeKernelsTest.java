package org.semblance.hashdb.index.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.semblance.hashdb.digest.Digester;
import org.semblance.hashdb.hash.Hash256;
import org.semblance.hashdb.index.PigeonringIndex;
import org.semblance.hashdb.natives.NativeLibrary;

/** What runs with the native library and without it. Skipped where the build found no C compiler. */
class NativeKernelsTest {
    private static final String LIBRARY = "libsemblance.so";
    private static final String MD5_OF_ABC = "md5 900150983cd24fb0d6963f7d28e17f72";

    @TempDir
    Path folder;

    @BeforeEach
    void aLibraryIsThere() {
        assumeThat(NativeLibrary.class.getResource(LIBRARY)).isNotNull();
    }

    @Test
    void runsTheLibraryOfTheBuild() {
        assertThat(NativeKernels.failure()).isEmpty();
        assertThat(NativeKernels.available()).isNotEmpty();
        assertThat(Kernels.best().name()).startsWith("native-");
    }

    @Test
    void aMissingOrDamagedLibraryIsOneLineAndTheJavaForm() throws Exception {
        Path classes = copyOfClasses();
        Path library =
                classes.resolve(Path.of(NativeLibrary.class.getPackageName().replace('.', '/'), LIBRARY));
        assertThat(lookUpInAnotherProcess(classes, ""))
                .containsExactly("form native-" + suffix(), "hits 7", digests(), MD5_OF_ABC);
        assertThat(lookUpInAnotherProcess(classes, "java-scalar"))
                .containsExactly("form java-scalar", "hits 7", digests(), MD5_OF_ABC);
        byte[] bytes = Files.readAllBytes(library);
        bytes[bytes.length / 3] ^= 1;
        Files.write(library, bytes);
        assertThat(lookUpInAnotherProcess(classes, ""))
                .containsExactly(
                        "lookups run as java-vector, without the native library: it is damaged: wrong SHA-256",
                        "form java-vector",
                        "hits 7",
                        "digests java, no native library: it is damaged: wrong SHA-256",
                        MD5_OF_ABC);
        Files.delete(library);
        assertThat(lookUpInAnotherProcess(classes, ""))
                .containsExactly(
                        "lookups run as java-vector, without the native library: this build has none, for want of a C"
                                + " compiler",
                        "form java-vector",
                        "hits 7",
                        "digests java, no native library: this build has none, for want of a C compiler",
                        MD5_OF_ABC);
    }

    private static String digests() {
        return "digests " + Digester.Form.best() + ", " + Digester.Form.failure();
    }

    private static String suffix() {
        return NativeKernels.available().iterator().next().suffix;
    }

    private static Path classes() throws URISyntaxException {
        return Path.of(NativeLibrary.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
    }

    private Path copyOfClasses() throws IOException, URISyntaxException {
        Path from = classes();
        Path to = folder.resolve("classes");
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)));
            }
        }
        return to;
    }

    /** What it prints, and what it logs of the library. */
    private static List<String> lookUpInAnotherProcess(Path classes, String form) throws Exception {
        String classPath = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> {
                    try {
                        return Path.of(entry).equals(classes()) ? classes.toString() : entry;
                    } catch (URISyntaxException e) {
                        throw new IllegalStateException(e);
                    }
                })
                .collect(Collectors.joining(File.pathSeparator));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-modules=jdk.incubator.vector",
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:TieredStopAtLevel=1",
                        "-Dsemblance.kernel=" + form,
                        "-cp",
                        classPath,
                        LookUp.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output.lines()
                .filter(line -> line.contains("library") || line.matches("(form|hits|digests|md5) .*"))
                .map(line -> line.replaceFirst("^.*?(?=lookups run)", ""))
                .toList();
    }

    /** A process that looks a few hashes up, and computes digests. */
    static final class LookUp {
        private LookUp() {}

        @SuppressWarnings("SystemOut") // The test reads it.
        public static void main(String[] args) {
            try (PigeonringIndex index = new PigeonringIndex()) {
                index.addAll(sink -> {
                    for (int i = 0; i < 40_000; i++) {
                        sink.pair((long) i << 50, i * 0x9E3779B97F4A7C15L, 0, i % 6_000 == 0 ? 0 : -1L >>> i % 30, i);
                    }
                });
                int[] hits = {0};
                for (int i = 0; i < 40_000; i += 6_000) {
                    Hash256 query = new Hash256((long) i << 50, i * 0x9E3779B97F4A7C15L, 0x10, 0);
                    int expected = i;
                    index.lookup(query, 1, (q, d, id) -> hits[0] += id == expected && d == 1 ? 1 : 0);
                }
                System.out.println("form " + Kernels.best().name());
                System.out.println("hits " + hits[0]);
                Digester digester = Digester.create();
                digester.update(ByteBuffer.wrap(new byte[] {'a', 'b', 'c'}));
                System.out.println("digests " + Digester.Form.best() + ", " + Digester.Form.failure());
                System.out.println("md5 " + digester.finish().md5());
            }
        }
    }
}
