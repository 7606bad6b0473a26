package org.semblance.server.webhook;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs what is posted: {@code t=SECONDS,v1=HEX}, where the second is the HMAC-SHA256 of the seconds since 1970, a dot and the
 * body, by a secret that both sides know. The time is signed as well, so that what was heard on the way cannot be sent again
 * later.
 */
final class WebhookSigner {
    static final String HEADER = "X-Semblance-Signature";
    static final int LEAST_BYTES = 16;
    static final int MOST_BYTES = 1_024;

    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec secret;

    private WebhookSigner(byte[] secret) {
        this.secret = new SecretKeySpec(secret, ALGORITHM);
    }

    /**
     * With the secret of that file, without the white space around it.
     *
     * @throws WebhookRefusedException if it cannot be read, or is too short or too long
     */
    static WebhookSigner of(Path file) {
        try {
            byte[] secret = Files.readString(file).strip().getBytes(StandardCharsets.UTF_8);
            if (secret.length < LEAST_BYTES || secret.length > MOST_BYTES) {
                throw new WebhookRefusedException(file, secret.length + " bytes", null);
            }
            return new WebhookSigner(secret);
        } catch (IOException e) {
            throw new WebhookRefusedException(file, "cannot be read: " + e, e);
        }
    }

    /** The value of the header. */
    String sign(String body, Instant now) {
        long seconds = now.getEpochSecond();
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(secret);
            mac.update((seconds + ".").getBytes(StandardCharsets.US_ASCII));
            byte[] sum = mac.doFinal(body.getBytes(StandardCharsets.UTF_8));
            return "t=" + seconds + ",v1=" + HexFormat.of().formatHex(sum);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }
}
