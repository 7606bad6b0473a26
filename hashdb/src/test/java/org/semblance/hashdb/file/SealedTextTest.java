package org.semblance.hashdb.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SealedTextTest {
    private static final Path FILE = Path.of("/somewhere/file");
    private static final SealedText FORMAT = new SealedText("a mark", "magic", 7);

    /** As a file says that an older build has written. */
    @Test
    void sealsAsBefore() {
        String body = " 0000000000000000018 acec2b6e0cb6dd1a0887773aa5f62849fa155194980af93d910d3b6475cf803a ";
        assertThat(new SealedText("", "semblance-head", 1).seal(body))
                .isEqualTo("semblance-head 1" + body + "e8c7a96f\n");
    }

    @Test
    void opensWhatItSealed() throws FormatException {
        for (String body : new String[] {"\n", " 1 ", "\nnumber 3\nseq 12\n"}) {
            assertThat(FORMAT.open(FILE, FORMAT.seal(body))).isEqualTo(body);
        }
    }

    @Test
    void tellsAnyOtherByteFromTheSealedOnes() {
        String good = FORMAT.seal("\nnumber 3\n");
        for (int i = 0; i < good.length(); i++) {
            String bad = good.substring(0, i) + (char) (good.charAt(i) ^ 1) + good.substring(i + 1);
            assertThatExceptionOfType(i <= 5 ? FormatException.OtherFormat.class : FormatException.Damaged.class)
                    .as("character %d", i)
                    .isThrownBy(() -> FORMAT.open(FILE, bad));
            String cut = good.substring(0, i);
            assertThatExceptionOfType(i <= 5 ? FormatException.OtherFormat.class : FormatException.Damaged.class)
                    .as("%d characters", i)
                    .isThrownBy(() -> FORMAT.open(FILE, cut));
        }
    }

    @Test
    void namesTheOtherVersion() {
        String newer = new SealedText("a mark", "magic", 8).seal(" ");
        assertThatExceptionOfType(FormatException.OtherVersion.class)
                .isThrownBy(() -> FORMAT.open(FILE, newer))
                .withMessage("/somewhere/file: a mark of version 8 (expected: 7; written by a newer release)");
    }
}
