package org.semblance.bench.robustness;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.semblance.bench.edits.Pixels;

class CardsTest {
    private static final long SEED = 20_261_129;

    @ParameterizedTest
    @EnumSource(value = Kind.class, mode = EnumSource.Mode.EXCLUDE, names = "PHOTO")
    void theSeedDecidesEveryByte(Kind kind) {
        byte[] first = Pixels.jpeg(Cards.draw(kind, photo(), new Random(SEED)), 92);

        assertThat(Pixels.jpeg(Cards.draw(kind, photo(), new Random(SEED)), 92)).isEqualTo(first);
        assertThat(Pixels.jpeg(Cards.draw(kind, photo(), new Random(SEED + 1)), 92))
                .isNotEqualTo(first);
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"PHOTO_CARD", "TEXT_CARD"})
    void cardsOfAKindShareTheirTemplate(Kind kind) {
        BufferedImage one = Cards.draw(kind, photo(), new Random(SEED));
        BufferedImage other = Cards.draw(kind, photo(), new Random(SEED + 1));

        assertThat(Pixels.of(Pixels.part(one, 0, 0, one.getWidth(), 190)))
                .isEqualTo(Pixels.of(Pixels.part(other, 0, 0, one.getWidth(), 190)));
        assertThat(Pixels.of(one)).isNotEqualTo(Pixels.of(other));
    }

    private static BufferedImage photo() {
        BufferedImage photo = Pixels.blank(800, 600);
        Graphics2D g = Pixels.graphics(photo);
        g.setColor(Color.GRAY);
        g.fillOval(100, 100, 500, 400);
        g.dispose();
        return photo;
    }
}
