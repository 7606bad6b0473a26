package org.semblance.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class RepeatFilterTest {
    private final LoggerContext context = new LoggerContext();
    private final ListAppender<ILoggingEvent> appender = new ListAppender<>();
    private final RepeatFilter filter = new RepeatFilter();

    @BeforeEach
    void start() {
        filter.setContext(context);
        filter.setIntervalMs(3_600_000);
        filter.start();
        appender.setContext(context);
        appender.addFilter(filter);
        appender.start();
        context.getLogger("a").addAppender(appender);
    }

    @AfterEach
    void stop() {
        context.stop();
    }

    private List<String> logged() {
        return appender.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }

    @Test
    void letsTheFirstOfAKindThroughAndThenSaysHowManyMoreThereWere() {
        Logger logger = context.getLogger("a");
        for (int i = 0; i < 1_000; i++) {
            logger.warn("the disk of {} is full", i);
            logger.error("error {}", i, new IllegalStateException("x" + i));
            logger.info("request {}", i);
        }
        logger.error("error {}", 1, new IllegalArgumentException("y"));
        assertThat(logged())
                .hasSize(1_003)
                .startsWith("the disk of 0 is full", "error 0", "request 0", "request 1")
                .endsWith("request 999", "error 1");
        appender.list.clear();
        filter.report();
        assertThat(logged())
                .satisfiesExactlyInAnyOrder(
                        text -> assertThat(text)
                                .isEqualTo("999 more times in 3600 s, the last: the disk of 999 is full"),
                        text -> assertThat(text)
                                .startsWith(
                                        "999 more times in 3600 s, the last: error 999 java.lang.IllegalStateException at "));
    }

    @Test
    void letsOneThroughAgainAfterAQuietWhile() {
        Logger logger = context.getLogger("a");
        logger.warn("w");
        logger.warn("w");
        filter.report();
        logger.warn("w");
        filter.report();
        filter.report();
        logger.warn("w");
        assertThat(logged())
                .containsExactly(
                        "w", "1 more times in 3600 s, the last: w", "1 more times in 3600 s, the last: w", "w");
    }

    @Test
    void writesAnEventAsALineOfJson() {
        JsonLines lines = new JsonLines();
        context.getLogger("a")
                .atWarn()
                .addKeyValue("status", 503)
                .addKeyValue("route", "/v1/match")
                .setCause(new IllegalStateException("why"))
                .log("a \"quoted\"\nline {}", 1);
        String text = new String(lines.encode(appender.list.getFirst()), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(text).endsWith("\n");
        assertThat(text.strip()).doesNotContain("\n");
        JsonNode line = new JsonMapper().readTree(text);
        assertThat(line.get("level").stringValue()).isEqualTo("WARN");
        assertThat(line.get("logger").stringValue()).isEqualTo("a");
        assertThat(line.get("message").stringValue()).isEqualTo("a \"quoted\"\nline 1");
        assertThat(line.get("status").intValue()).isEqualTo(503);
        assertThat(line.get("route").stringValue()).isEqualTo("/v1/match");
        assertThat(line.get("error").stringValue()).startsWith("java.lang.IllegalStateException: why");
        assertThat(java.time.Instant.parse(line.get("time").stringValue()))
                .isBefore(java.time.Instant.now().plusSeconds(1));
    }
}
