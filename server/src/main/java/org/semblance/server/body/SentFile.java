package org.semblance.server.body;

import java.nio.ByteBuffer;
import java.util.Set;
import org.semblance.engine.media.MediaFormat;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Ndjson;

/**
 * Tells a file that was sent as the body from something else that was sent in its place, and would otherwise get the verdict
 * on a strange file. JSON is never a file. {@code application/x-www-form-urlencoded} is what curl says of any body unless it
 * is told otherwise, so the bytes decide there: they are a file if they begin as media do, and have not come through
 * {@code curl -d}.
 */
public final class SentFile {
    private static final String URL_ENCODED = "application/x-www-form-urlencoded";
    private static final Set<String> JSON = Set.of("application/json", Ndjson.MEDIA_TYPE);
    private static final String BYTES =
            "the file's bytes, e.g. curl --data-binary @FILE -H 'Content-Type: application/octet-stream'";
    private static final String FIELD = "Content-Type";

    /** A file that lacks each of the bytes that {@code curl -d} takes out lacks them from here to its end. */
    private static final int LOOKED_AT_BYTES = 1 << 16;

    private SentFile() {}

    /**
     * Returns unless the media type says that the body of a route for files is none, whatever it holds.
     *
     * @throws HttpError 415 that says what to send
     */
    public static void checkType(String mediaType) {
        if (JSON.contains(mediaType) || (mediaType.startsWith("application/") && mediaType.endsWith("+json"))) {
            throw HttpError.field(415, FIELD, mediaType, BYTES + ", or multipart/form-data with one file");
        }
    }

    /**
     * Returns unless a URL-encoded form was sent in the place of a file, or a file whose newlines were stripped on the way.
     *
     * @throws HttpError 415 that says what to send
     */
    public static void checkBytes(String mediaType, Upload upload) {
        if (!mediaType.equals(URL_ENCODED) || upload.size() == 0) {
            return;
        }
        if (upload.format() == MediaFormat.UNKNOWN) {
            throw HttpError.field(415, FIELD, mediaType, BYTES);
        }
        if (isStripped(upload.start(LOOKED_AT_BYTES))) {
            throw HttpError.of(
                    415,
                    FIELD,
                    "body: a file without a single newline or zero byte, as curl -d leaves it; send " + BYTES);
        }
    }

    /** Every format of ours has a zero byte or a newline among its first; {@code curl -d} takes out zeros, LF and CR. */
    private static boolean isStripped(ByteBuffer start) {
        for (int i = start.position(); i < start.limit(); i++) {
            byte b = start.get(i);
            if (b == 0 || b == '\n' || b == '\r') {
                return false;
            }
        }
        return true;
    }
}
