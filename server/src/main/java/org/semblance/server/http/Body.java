package org.semblance.server.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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
    ByteBuffer bytes() {
        return upload.bytes();
    }

    /**
     * The one file of the request: the raw body, or the only file of a form.
     *
     * @throws HttpError 400 if a form has none or several
     */
    ByteBuffer file() {
        if (form && files != 1) {
            throw HttpError.field(400, "file", files + " file parts", "one file part, or the bytes as the body");
        }
        return bytes();
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
