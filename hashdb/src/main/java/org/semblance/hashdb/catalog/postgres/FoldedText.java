package org.semblance.hashdb.catalog.postgres;

import java.math.BigDecimal;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.json.StrictJson;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** The text that a content is found by, in one case, as SQLite's index of texts takes it. */
final class FoldedText {
    private static final int DOTTED_CAPITAL_I = 0x130;
    private static final int DOTLESS_SMALL_I = 0x131;
    private static final int NO_CHARACTER = 0xFFFD;

    /** SQLite writes a number without an exponent up to so many digits. */
    private static final int PLAIN_DIGITS = 15;

    private static final BigInteger SMALLEST = BigInteger.valueOf(Long.MIN_VALUE);
    private static final BigInteger LARGEST = BigInteger.valueOf(Long.MAX_VALUE);

    private FoldedText() {}

    /** The note, and the values in the metadata, each on a line. */
    static String of(@Nullable String note, @Nullable String metadata) {
        StringBuilder text = new StringBuilder(note == null ? "" : note).append('\n');
        if (metadata != null) {
            try {
                StringBuilder values = new StringBuilder();
                append(values, StrictJson.COMPACT.readTree(metadata));
                text.append(values);
            } catch (JacksonException e) {
                // Metadata is checked before it is stored, so this is damage, which an audit tells of.
                text.append(metadata);
            }
        }
        return fold(text.toString());
    }

    private static void append(StringBuilder values, JsonNode node) {
        if (node.isContainer()) {
            node.forEach(child -> append(values, child));
        } else if (!node.isNull()) {
            values.append(values.isEmpty() ? "" : "\n").append(value(node));
        }
    }

    private static String value(JsonNode node) {
        if (node.isBoolean()) {
            return node.booleanValue() ? "1" : "0";
        }
        if (node.isIntegralNumber()) {
            BigInteger number = node.bigIntegerValue();
            return number.compareTo(SMALLEST) >= 0 && number.compareTo(LARGEST) <= 0
                    ? number.toString()
                    : fraction(new BigDecimal(number));
        }
        return node.isNumber() ? fraction(node.decimalValue()) : node.asString();
    }

    /** With a point always, and an exponent where there are many zeros. */
    private static String fraction(BigDecimal number) {
        double value = number.doubleValue();
        if (Double.isInfinite(value)) {
            return value < 0 ? "-Inf" : "Inf";
        }
        BigDecimal rounded = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        if (rounded.signum() == 0) {
            return "0.0";
        }
        int exponent = rounded.precision() - rounded.scale() - 1;
        if (exponent < -4 || exponent > PLAIN_DIGITS) {
            String digits = rounded.unscaledValue().abs().toString();
            return (rounded.signum() < 0 ? "-" : "") + digits.charAt(0) + "."
                    + (digits.length() == 1 ? "0" : digits.substring(1)) + "e" + (exponent < 0 ? "-" : "+")
                    + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
        }
        String plain = rounded.toPlainString();
        return plain.contains(".") ? plain : plain + ".0";
    }

    /** In lower case, character by character; what no text of PostgreSQL may have becomes U+FFFD. */
    static String fold(String text) {
        StringBuilder folded = new StringBuilder(text.length());
        text.codePoints().map(FoldedText::fold).forEach(folded::appendCodePoint);
        return folded.toString();
    }

    private static int fold(int character) {
        if (character == 0 || (character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE)) {
            return NO_CHARACTER;
        }
        // These two have no partner of one character in the other case.
        return character == DOTTED_CAPITAL_I || character == DOTLESS_SMALL_I
                ? character
                : Character.toLowerCase(Character.toUpperCase(character));
    }
}
