package org.semblance.bench.edits;

import java.util.Random;

/** Made-up words, so that no two texts are alike. */
public final class Words {
    private static final String[] SYLLABLES =
            ("ka mo ri ten sul va ner do lis pra hem ut gor ay ber chi sto fen lu mar od"
                            + " quin re sha tor win yel zan bor ces dra el fro gal hin jor kel lom mit nav")
                    .split(" ");

    private Words() {}

    static String word(Random random) {
        StringBuilder word = new StringBuilder();
        for (int i = 1 + random.nextInt(3); i >= 0; i--) {
            word.append(SYLLABLES[random.nextInt(SYLLABLES.length)]);
        }
        return word.toString();
    }

    /** Of so many words, the first of which begins with a capital. */
    public static String sentence(Random random, int words) {
        StringBuilder sentence = new StringBuilder();
        for (int i = 0; i < words; i++) {
            sentence.append(i == 0 ? "" : " ").append(word(random));
        }
        sentence.setCharAt(0, Character.toUpperCase(sentence.charAt(0)));
        return sentence.toString();
    }

    /** A time of day, as a screen shows it. */
    static String time(Random random) {
        return random.nextInt(24) + ":" + (10 + random.nextInt(50));
    }
}
