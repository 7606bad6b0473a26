package org.semblance.hashdb.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class FeaturesTest {
    private final Features two = new Features(480, 320, new long[] {1, -2, 3, 4, 5, 6, 7, Long.MIN_VALUE}, new int[] {
        Features.place(959, 639, 15, 127, true), Features.place(0, 0, 0, 0, false)
    });

    @Test
    void placesComeBackAsTheyWerePacked() {
        assertThat(two.x(0)).isEqualTo(479.5f);
        assertThat(two.y(0)).isEqualTo(319.5f);
        assertThat(two.level(0)).isEqualTo(15);
        assertThat(two.angle(0)).isEqualTo(127);
        assertThat(two.isSwapped(0)).isTrue();
        assertThat(two.isSwapped(1)).isFalse();
        assertThat(two.distance(0, two, 1))
                .isEqualTo(Long.bitCount(1 ^ 5)
                        + Long.bitCount(-2L ^ 6)
                        + Long.bitCount(3 ^ 7)
                        + Long.bitCount(4 ^ Long.MIN_VALUE));
    }

    @Test
    void bytesGiveTheSameFeatures() {
        byte[] bytes = two.toBytes();
        assertThat(bytes).hasSize(Features.HEADER_BYTES + 2 * Features.FEATURE_BYTES);
        assertThat(Features.ofBytes(bytes)).isEqualTo(two);
        Features none = new Features(1, 1, new long[0], new int[0]);
        assertThat(Features.ofBytes(none.toBytes())).isEqualTo(none);
    }

    @Test
    void base64GivesTheSameFeatures() {
        assertThat(Features.ofBase64(two.toBase64())).isEqualTo(two);
        assertThatThrownBy(() -> Features.ofBase64("no!")).hasMessage("not Base64 (expected: features in Base64)");
    }

    @Test
    void bytesOfSomethingElseAreRefused() {
        byte[] bytes = two.toBytes();
        assertThatThrownBy(() -> Features.ofBytes(Arrays.copyOf(bytes, bytes.length - 1)))
                .hasMessageContaining("2 features in 79 bytes (expected: 80 bytes)");
        assertThatThrownBy(() -> Features.ofBytes(new byte[7])).hasMessageContaining("features of 7 bytes");
        byte[] newer = bytes.clone();
        newer[0] = 2;
        assertThatThrownBy(() -> Features.ofBytes(newer)).hasMessageContaining("version 2 (expected: 1)");
        byte[] narrow = bytes.clone();
        narrow[2] = 100;
        narrow[3] = 0;
        assertThatThrownBy(() -> Features.ofBytes(narrow)).hasMessageContaining("outside its picture of 100x320");
    }
}
