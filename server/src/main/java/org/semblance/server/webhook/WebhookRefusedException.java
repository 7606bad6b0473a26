package org.semblance.server.webhook;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.semblance.server.config.Setting;

/** The secret of the webhook cannot be used. The message names the setting, the file, what is wrong and what was expected. */
public final class WebhookRefusedException extends RuntimeException {
    WebhookRefusedException(Path file, String problem, @Nullable Throwable cause) {
        super(
                Setting.WEBHOOK_SECRET_FILE.key() + ": " + file + ": " + problem + " (expected: a text of "
                        + WebhookSigner.LEAST_BYTES + " to " + WebhookSigner.MOST_BYTES
                        + " bytes, such as openssl rand -hex 32 makes)",
                cause);
    }
}
