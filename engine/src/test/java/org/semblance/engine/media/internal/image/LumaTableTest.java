package org.semblance.engine.media.internal.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.Random;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.semblance.engine.RandomSeed;
import org.semblance.engine.media.MediaException;
import org.semblance.engine.media.MediaFormat;
import org.semblance.engine.media.internal.Natives;

class LumaTableTest {
    @BeforeAll
    static void load() {
        Natives.load();
    }

    /** Of sizes that swscale takes by vectors and of some that leave a rest. */
    @ParameterizedTest
    @ValueSource(strings = {"yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuvj444p", "gray", "nv12", "yuva420p"})
    void greysAreThoseOfSwscale(String name) throws MediaException {
        Random random = RandomSeed.random();
        int format = avutil.av_get_pix_fmt(name);
        for (int round = 0; round < 8; round++) {
            boolean fullRange = round % 2 == 0;
            AVFrame frame = noise(format, 1 + random.nextInt(700), 1, random);
            try (FrameCanvas canvas = new FrameCanvas(frame.width(), 1, true);
                    Arena arena = Arena.ofConfined()) {
                byte[] expected = canvas.scaled(frame, fullRange, MediaFormat.AVIF);
                MemorySegment greys = arena.allocate(frame.width());
                Objects.requireNonNull(LumaTable.of(frame, fullRange, MediaFormat.AVIF))
                        .write(frame, greys, frame.width());
                assertThat(greys.toArray(ValueLayout.JAVA_BYTE))
                        .as("%s, %s", name, RandomSeed.replay())
                        .isEqualTo(expected);
            } finally {
                avutil.av_frame_free(frame);
            }
        }
    }

    @Test
    void whatHasNoPlaneOfBytesIsLeftToSwscale() throws MediaException {
        Random random = RandomSeed.random();
        for (String name : new String[] {"yuv420p10le", "gbrp", "rgb24", "yuyv422", "ya8", "pal8", "monow"}) {
            AVFrame frame = noise(avutil.av_get_pix_fmt(name), 64, 64, random);
            assertThat(LumaTable.of(frame, true, MediaFormat.AVIF)).as(name).isNull();
            avutil.av_frame_free(frame);
        }
    }

    private static AVFrame noise(int format, int width, int height, Random random) {
        AVFrame frame = avutil.av_frame_alloc();
        frame.width(width).height(height).format(format);
        assertThat(avutil.av_frame_get_buffer(frame, 0)).isZero();
        for (int plane = 0; plane < avutil.av_pix_fmt_count_planes(format); plane++) {
            byte[] row = new byte[frame.linesize(plane)];
            random.nextBytes(row);
            BytePointer samples = frame.data(plane);
            samples.put(row);
        }
        return frame;
    }
}
