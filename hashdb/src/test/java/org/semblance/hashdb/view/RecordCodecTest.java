package org.semblance.hashdb.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.semblance.hashdb.RandomSeed;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.catalog.ContentStatus;
import org.semblance.hashdb.catalog.Quarantine;
import org.semblance.hashdb.catalog.Treatment;

class RecordCodecTest {
    private static final String LETTERS = "abc \u00e4\u0628\u4e2d\ud83d\ude00";

    private final SplittableRandom random = RandomSeed.random();

    private String text(int longest) {
        return IntStream.range(0, random.nextInt(longest))
                .mapToObj(
                        i -> Character.toString(LETTERS.codePointAt(LETTERS.offsetByCodePoints(0, random.nextInt(8)))))
                .collect(Collectors.joining());
    }

    private @Nullable String textOrNull(int longest) {
        return random.nextBoolean() ? null : text(longest);
    }

    @Test
    void readsWhatItWrote() {
        for (int i = 0; i < 3_000; i++) {
            boolean disabled = random.nextBoolean();
            boolean video = random.nextBoolean();
            List<String> labels = IntStream.range(0, random.nextInt(3) == 0 ? random.nextInt(100) : 0)
                    .mapToObj(label -> text(128))
                    .toList();
            ContentRecord content = new ContentRecord(
                    random.nextLong(Long.MAX_VALUE),
                    random.nextInt(Integer.MAX_VALUE),
                    disabled ? ContentStatus.DISABLED : ContentStatus.ENABLED,
                    disabled && random.nextBoolean() ? Instant.ofEpochMilli(random.nextLong()) : null,
                    labels,
                    textOrNull(255),
                    textOrNull(255),
                    textOrNull(5_000),
                    Instant.ofEpochMilli(random.nextLong()),
                    video ? random.nextInt(Integer.MAX_VALUE) : 0,
                    video ? random.nextInt(1, Integer.MAX_VALUE) : 0,
                    random.nextBoolean(),
                    new Treatment(
                            random.nextBoolean() ? null : random.nextInt(257),
                            textOrNull(255),
                            random.nextBoolean() ? null : new Quarantine(text(1024), random.nextBoolean()),
                            textOrNull(255)));
            assertThat(RecordCodec.decode(content.id(), RecordCodec.encode(content)))
                    .as(RandomSeed.replay())
                    .isEqualTo(content);
        }
    }

    @Test
    void takesThirteenBytesForAPlainContent() {
        assertThat(RecordCodec.encode(record(ContentStatus.ENABLED))).hasSize(13);
    }

    @Test
    void hasNoRecordOfAWithdrawnContent() {
        assertThatThrownBy(() -> RecordCodec.encode(record(ContentStatus.WITHDRAWN)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("content 1: withdrawn (expected: one that is there)");
    }

    private static ContentRecord record(ContentStatus status) {
        return new ContentRecord(
                1, 1, status, null, List.of(), null, null, null, Instant.EPOCH, 0, 0, false, Treatment.PLAIN);
    }
}
