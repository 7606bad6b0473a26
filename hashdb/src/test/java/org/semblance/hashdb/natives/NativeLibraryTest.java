package org.semblance.hashdb.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Skipped where the build found no C compiler. */
class NativeLibraryTest {
    @BeforeEach
    void aLibraryIsThere() {
        assumeThat(NativeLibrary.class.getResource(NativeLibrary.NAME)).isNotNull();
    }

    @Test
    void loadsTheLibraryOfTheBuildOnce() throws IOException {
        NativeLibrary library = NativeLibrary.get();
        assertThat(NativeLibrary.get()).isSameAs(library);
        assertThat(library.value("semblance_version")).isEqualTo(NativeLibrary.VERSION);
    }

    @Test
    void namesWhatIsNotThere() throws IOException {
        NativeLibrary library = NativeLibrary.get();
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> library.value("semblance_nothing"))
                .withMessage("it has no semblance_nothing");
        assertThatIllegalStateException()
                .isThrownBy(() -> library.critical("semblance_nothing", FunctionDescriptor.ofVoid()))
                .withMessage("the native library: it has no semblance_nothing");
    }

    @Test
    void refusesWhatIsDamagedAndWhatIsOfAnotherVersion() throws Exception {
        byte[] library = NativeLibrary.resource(NativeLibrary.NAME);
        String digest = digest(library);
        byte[] damaged = library.clone();
        damaged[library.length / 2] ^= 4;
        for (byte[] bad : new byte[][] {damaged, Arrays.copyOf(library, library.length - 1), {}}) {
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> NativeLibrary.open(bad, digest, NativeLibrary.VERSION))
                    .withMessage("it is damaged: wrong SHA-256");
        }
        byte[] text = "no library".getBytes(StandardCharsets.US_ASCII);
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> NativeLibrary.open(text, digest(text), NativeLibrary.VERSION))
                .withMessageStartingWith("the system does not load it: ");
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> NativeLibrary.open(library, digest, NativeLibrary.VERSION + 1))
                .withMessage("it is of version " + NativeLibrary.VERSION + " (expected: " + (NativeLibrary.VERSION + 1)
                        + ")");
    }

    private static String digest(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }
}
