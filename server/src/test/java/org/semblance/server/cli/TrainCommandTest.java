package org.semblance.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TrainCommandTest {
    /** It asks while the first decoder begins, before which a server is not ready. */
    @Test
    void waitsUntilEachServerIsReady() {
        assertThat(Main.commandLine("train").execute("train")).isZero();
    }
}
