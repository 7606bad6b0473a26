package org.semblance.server.body;

import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.Digests;
import org.semblance.engine.media.MediaSource;
import org.semblance.server.http.HttpError;

/**
 * A complete body, with the file that was fetched for its request if there is one: then that is the file.
 *
 * @param upload the whole of a raw body, the bytes of the first file of a form
 * @param form whether it was {@code multipart/form-data}
 * @param files how many file parts the form had
 * @param fileField the form field of the first file, or null if there was none
 * @param fields the other fields of the form; of fields with one name the first
 * @param fetched the file that the request gave the URL of, or null
 */
public record Body(
        Upload upload,
        boolean form,
        int files,
        @Nullable String fileField,
        Map<String, String> fields,
        @Nullable FetchedFile fetched) {
    /** Of a request whose body is read in another way. */
    public static final Body EMPTY =
            new Body(Upload.inMemory(UnpooledByteBufAllocator.DEFAULT, new ByteBudget(0), 0), false, 0, null, Map.of());

    /** Those bytes, of a request that this process makes of itself. */
    public static Body of(byte[] bytes) {
        Upload upload = Upload.inMemory(UnpooledByteBufAllocator.DEFAULT, new ByteBudget(Long.MAX_VALUE), bytes.length);
        upload.append(Unpooled.wrappedBuffer(bytes));
        upload.end();
        return new Body(upload, false, 0, null, Map.of());
    }

    /** One without a file that was fetched. */
    Body(Upload upload, boolean form, int files, @Nullable String fileField, Map<String, String> fields) {
        this(upload, form, files, fileField, fields, null);
    }

    /** This body with a file that was fetched. */
    public Body with(FetchedFile file) {
        return new Body(upload, form, files, fileField, fields, file);
    }

    /** What was sent, in memory or mapped, valid until the request is answered. */
    public ByteBuffer bytes() {
        return upload.bytes();
    }

    /**
     * The one file of the request: the one that was fetched, the raw body, or the only file of a form; valid until the request
     * is answered.
     *
     * @throws HttpError 400 if a form has none or several
     */
    public MediaSource file() {
        if (fetched == null && form && files != 1) {
            throw HttpError.field(400, "file", files + " file parts", "one file part, or the bytes as the body");
        }
        return holder().source();
    }

    /** The digests of the file. */
    public Digests digests() {
        return holder().digests();
    }

    /** What holds the file. */
    public Upload holder() {
        return fetched == null ? upload : fetched.upload();
    }

    /** Frees all of it. */
    public void release() {
        upload.release();
        if (fetched != null) {
            fetched.upload().release();
        }
    }

    public static String mediaType(HttpHeaders headers) {
        String value = headers.get(HttpHeaderNames.CONTENT_TYPE);
        if (value == null) {
            return "";
        }
        int parameters = value.indexOf(';');
        return (parameters < 0 ? value : value.substring(0, parameters)).strip().toLowerCase(Locale.ROOT);
    }
}
