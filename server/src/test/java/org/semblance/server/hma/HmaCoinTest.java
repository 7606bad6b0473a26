package org.semblance.server.hma;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HmaCoinTest {
    /** What {@code random.Random(seed).random()} prints in CPython. */
    @ParameterizedTest
    @CsvSource({
        "'', 0.9602256525641875",
        "0, 0.3616904771377427",
        "1, 0.4782479962566343",
        "2, 0.5558450440322502",
        "42, 0.473659421919327",
        "1234, 0.24836460312826447",
        "abc, 0.7720246314157545",
        "é, 0.9689252893653495",
    })
    void fallsAsCpythonsDoes(String seed, double coin) {
        assertThat(HmaCoin.toss(seed)).isEqualTo(coin);
    }

    @Test
    void fallsAsCpythonsDoesForSeedsLongerThanTheGeneratorsState() {
        assertThat(HmaCoin.toss("x".repeat(3_000))).isEqualTo(0.47422297912728983);
        assertThat(HmaCoin.toss("日本語".repeat(1_000))).isEqualTo(0.5132838130296573);
        assertThat(HmaCoin.toss("\0")).isEqualTo(0.761237843064138);
    }
}
