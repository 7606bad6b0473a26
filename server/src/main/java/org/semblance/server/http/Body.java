package org.semblance.server.http;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.Digests;
import org.semblance.engine.media.MediaSource;

/**
 * A complete body.
 *
 * @param upload the whole of a raw body, the bytes of the first file of a form
 * @param form whether it was {@code multipart/form-data}
 * @param files how many file parts the form had
 * @param fileField the form field of the first file, or null if there was none
 * @param fields the other fields of the form; of fields with one name the first
 */
record Body(
        Upload upload, boolean form, int files, @Nullable String fileField, Map<String, String> fields) {
    /** Of a request whose body is read in another way. */
    static final Body EMPTY =
            new Body(Upload.inMemory(UnpooledByteBufAllocator.DEFAULT, new ByteBudget(0), 0), false, 0, null, Map.of());

    /** The bytes of the file, in memory or mapped, valid until the request is answered. */
    ByteBuffer bytes() {
        return upload.bytes();
    }

    /**
     * The one file of the request: the raw body, or the only file of a form; valid until the request is answered.
     *
     * @throws HttpError 400 if a form has none or several
     */
    MediaSource file() {
        if (form && files != 1) {
            throw HttpError.field(400, "file", files + " file parts", "one file part, or the bytes as the body");
        }
        return upload.source();
    }

    /** The digests of the file. */
    Digests digests() {
        return upload.digests();
    }

    static String mediaType(HttpHeaders headers) {
        String value = headers.get(HttpHeaderNames.CONTENT_TYPE);
        if (value == null) {
            return "";
        }
        int parameters = value.indexOf(';');
        return (parameters < 0 ? value : value.substring(0, parameters)).strip().toLowerCase(Locale.ROOT);
    }
}
