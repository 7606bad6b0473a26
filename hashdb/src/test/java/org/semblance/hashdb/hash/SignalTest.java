package org.semblance.hashdb.hash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SignalTest {
    private static final String MD5 = "d41d8cd98f00b204e9800998ecf8427e";

    @Test
    void keepsItsValueInLowerCase() {
        assertThat(new Signal(SignalType.MD5, MD5.toUpperCase(java.util.Locale.ROOT)))
                .isEqualTo(new Signal(SignalType.MD5, MD5));
    }

    @Test
    void carriesAPdqHashWithItsQuality() {
        Hash256 hash = Hash256.ZERO.flip(3, 200);
        Signal signal = Signal.pdq(new HashAndQuality(hash, 77));
        assertThat(signal.type()).isEqualTo(SignalType.PDQ);
        assertThat(signal.quality()).isEqualTo(77);
        assertThat(signal.hash()).isEqualTo(hash);
    }

    @Test
    void hasNoBitsToCompareIfItIsADigest() {
        Signal digest = new Signal(SignalType.MD5, MD5);
        assertThatThrownBy(digest::hash)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("md5 is not a perceptual hash");
    }

    @Test
    void saysWhatIsWrongWithAValue() {
        assertThatThrownBy(() -> new Signal(SignalType.PDQ, MD5))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("pdq: 32 characters (expected: 64 hex digits)");
        assertThatThrownBy(() -> new Signal(SignalType.MD5, "x" + MD5.substring(1)))
                .hasMessage("md5: no hex digit at position 0 (expected: 32 hex digits)");
        assertThatThrownBy(() -> new Signal(SignalType.MD5, MD5, 101)).hasMessage("quality: 101 (expected: 0 to 100)");
        assertThatThrownBy(() -> new HashAndQuality(Hash256.ZERO, -1)).hasMessage("quality: -1 (expected: 0 to 100)");
    }

    @Test
    void namesTheTypesThereAre() {
        for (SignalType type : SignalType.values()) {
            assertThat(SignalType.parse(type.wireName())).isEqualTo(type);
        }
        assertThatThrownBy(() -> SignalType.parse("PDQ"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("signal type: 'PDQ' (expected: pdq, md5, sha1, sha256)");
    }
}
