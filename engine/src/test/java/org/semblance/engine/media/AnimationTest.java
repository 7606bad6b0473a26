package org.semblance.engine.media;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** How much of an image is read before it is called animated; real ones are told in VideoVerdictTest. */
class AnimationTest {
    private static final int LONG = 1 << 20;

    /** GIF pictures whose data come in blocks of one byte, with no end to the file. */
    private static ByteBuffer gif(int pictures, int dataBytes) {
        byte[] header = {'G', 'I', 'F', '8', '9', 'a', 1, 0, 1, 0, 0, 0, 0};
        ByteBuffer gif = ByteBuffer.allocate(header.length + pictures * (12 + 2 * dataBytes));
        gif.put(header);
        for (int n = 0; n < pictures; n++) {
            gif.put(new byte[] {0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2});
            for (int i = 0; i < dataBytes; i++) {
                gif.put((byte) 1).put((byte) i);
            }
            gif.put((byte) 0);
        }
        return gif.flip();
    }

    /** A PNG with text before its data. */
    private static ByteBuffer png(int texts) {
        byte[][] chunks = new byte[texts + 2][];
        chunks[0] = HandMade.pngHeader(1, 1, 8, 0);
        for (int i = 1; i <= texts; i++) {
            chunks[i] = HandMade.pngChunk("tEXt", new byte[0]);
        }
        chunks[texts + 1] = HandMade.pngChunk("IDAT", new byte[0]);
        return ByteBuffer.wrap(HandMade.png(chunks));
    }

    private static void assertTold(ByteBuffer content, MediaFormat format, boolean is, boolean mayBe) {
        assertThat(Animation.isAnimated(content, format)).isEqualTo(is);
        assertThat(Animation.mayBeAnimated(content, format)).isEqualTo(mayBe);
        assertThat(content.position()).isZero();
    }

    @Test
    void atAGlanceAnImageThatGoesOnWithoutAnAnswerMayBeAnimated() {
        assertTold(gif(1, 100), MediaFormat.GIF, false, false);
        assertTold(gif(1, LONG), MediaFormat.GIF, false, true);
        assertTold(gif(2, 100), MediaFormat.GIF, true, true);
        assertTold(gif(2, LONG), MediaFormat.GIF, true, true);
        assertTold(png(3), MediaFormat.PNG, false, false);
        assertTold(png(LONG / 12), MediaFormat.PNG, false, true);
        assertTold(gif(2, 100), MediaFormat.JPEG, false, false);
    }

    @Test
    void aCutOffImageIsTakenForWhatIsThere() {
        assertTold(gif(1, 100).limit(60), MediaFormat.GIF, false, false);
        assertTold(png(3).limit(30), MediaFormat.PNG, false, false);
        assertTold(ByteBuffer.allocate(0), MediaFormat.GIF, false, false);
    }
}
