package org.semblance.hashdb.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

class StrictJsonTest {
    static final List<JsonMapper> MAPPERS = List.of(StrictJson.COMPACT, StrictJson.INDENTED, StrictJson.ANSWERS);

    private static String nested(int depth) {
        return "[".repeat(depth) + "]".repeat(depth);
    }

    @ParameterizedTest
    @FieldSource("MAPPERS")
    void refusesADuplicateKeyAndTrailingText(JsonMapper mapper) {
        for (String text : List.of("{\"a\":1,\"a\":2}", "{\"a\":{\"b\":1,\"b\":1}}", "{} {}", "{}]", "[1] x")) {
            assertThatThrownBy(() -> mapper.readTree(text)).as(text).isInstanceOf(JacksonException.class);
        }
        assertThat(mapper.readTree(" {\"a\":{\"a\":1}} \n").at("/a/a").intValue())
                .isEqualTo(1);
    }

    @Test
    void boundsTheDepth() {
        StrictJson.COMPACT.readTree(nested(StrictJson.MAX_DEPTH));
        assertThatThrownBy(() -> StrictJson.COMPACT.readTree(nested(StrictJson.MAX_DEPTH + 1)))
                .isInstanceOf(JacksonException.class);
        StrictJson.ANSWERS.readTree("{\"metadata\":" + nested(StrictJson.MAX_DEPTH) + "}");
        assertThatThrownBy(() -> StrictJson.ANSWERS.readTree(nested(1_000))).isInstanceOf(JacksonException.class);
    }

    @Test
    void keepsEveryDigit() {
        JsonMapper mapper = StrictJson.COMPACT;
        String text = "[0.1000000000000000055511151231257827,1e400]";
        assertThat(mapper.readTree(text).get(0).decimalValue()).isEqualTo("0.1000000000000000055511151231257827");
        assertThat(mapper.readTree(text).get(1).decimalValue()).isEqualTo("1e400");
    }
}
