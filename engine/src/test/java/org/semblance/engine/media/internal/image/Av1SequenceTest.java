package org.semblance.engine.media.internal.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.semblance.engine.RandomSeed;

class Av1SequenceTest {
    private final StringBuilder bits = new StringBuilder();

    private Av1SequenceTest bits(int count, long value) {
        for (int i = count - 1; i >= 0; i--) {
            bits.append(value >> i & 1);
        }
        return this;
    }

    /** The bits so far as a unit of the type, with its size. */
    private byte[] unit(int type) {
        int bytes = (bits.length() + 7) / 8;
        ByteBuffer b =
                ByteBuffer.allocate(2 + bytes).put((byte) (type << 3 | 2)).put((byte) bytes);
        bits.repeat("0", 8 * bytes - bits.length());
        for (int i = 0; i < bytes; i++) {
            b.put((byte) Integer.parseInt(bits.substring(8 * i, 8 * i + 8), 2));
        }
        return b.array();
    }

    @Test
    void readsTheReducedHeaderOfAStillPicture() {
        byte[] unit = bits(3, 0)
                .bits(2, 3)
                .bits(5, 8)
                .bits(4, 15)
                .bits(4, 9)
                .bits(16, 65_535)
                .bits(10, 767)
                .unit(1);
        assertThat(Av1Sequence.find(ByteBuffer.wrap(unit))).isEqualTo(new Av1Sequence(65_536, 768));
    }

    @Test
    void readsTheFullHeaderWithAllThatIsOptional() {
        bits(3, 0).bits(2, 0);
        bits(1, 1).bits(32, 1).bits(32, 30).bits(1, 1).bits(5, 4); // Timing; equal intervals of 3 ticks, as uvlc.
        bits(1, 1).bits(5, 9).bits(32, 1).bits(5, 0).bits(5, 0); // Decoder model with delays of 10 bits.
        bits(1, 1).bits(5, 1); // Display delay; two operating points.
        bits(12, 0).bits(5, 9).bits(1, 0).bits(1, 1).bits(21, 0).bits(1, 1).bits(4, 2);
        bits(12, 0).bits(5, 4).bits(1, 0).bits(1, 0);
        byte[] unit = bits(4, 10).bits(4, 10).bits(11, 1919).bits(11, 1079).unit(1);
        assertThat(Av1Sequence.find(ByteBuffer.wrap(unit))).isEqualTo(new Av1Sequence(1920, 1080));
    }

    @Test
    void skipsOtherUnits() {
        byte[] sequence = bits(3, 0)
                .bits(2, 3)
                .bits(5, 8)
                .bits(4, 7)
                .bits(4, 7)
                .bits(8, 199)
                .bits(8, 149)
                .unit(1);
        byte[] all = new byte[2 + sequence.length];
        all[0] = 0x12; // A temporal delimiter of no bytes.
        System.arraycopy(sequence, 0, all, 2, sequence.length);
        assertThat(Av1Sequence.find(ByteBuffer.wrap(all))).isEqualTo(new Av1Sequence(200, 150));
    }

    @Test
    void anyOtherBytesHaveNone() {
        assertThat(Av1Sequence.find(ByteBuffer.allocate(0))).isNull();
        assertThat(Av1Sequence.find(ByteBuffer.wrap(new byte[] {0x0A, 0x7F, 0})))
                .isNull();
        Random random = RandomSeed.random();
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(24)];
            random.nextBytes(bytes);
            Av1Sequence found = Av1Sequence.find(ByteBuffer.wrap(bytes));
            if (found != null) {
                assertThat(found.pixels()).as(RandomSeed.replay()).isBetween(1L, 1L << 32);
            }
        }
    }
}
