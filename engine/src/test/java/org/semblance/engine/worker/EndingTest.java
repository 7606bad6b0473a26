package org.semblance.engine.worker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EndingTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 9, 10, 15})
    void signalsOfOthersComeFromOutside(int signal) {
        assertThat(Ending.isFromOutside(128 + signal)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 127, 128, 128 + 4, 128 + 6, 128 + 7, 128 + 8, 128 + 11, 128 + 24, 128 + 31, 255})
    void statusesOfItsOwnAndSignalsOfFaultsDoNot(int status) {
        assertThat(Ending.isFromOutside(status)).isFalse();
    }
}
