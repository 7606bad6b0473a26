package org.semblance.server.http;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import java.util.Map;

/** Turns the chunks of a body, as they arrive, into an {@link Upload} and form fields. */
interface BodyReader {
    /** Largest sum of what is in a form beside its file: fields, part headers, boundaries. */
    int MAX_FORM_BYTES = 1_000_000;

    /**
     * Takes the next chunk, without keeping it.
     *
     * @throws HttpError 400 if the form is broken, 413 or 503 as {@link Upload#append}
     */
    void add(HttpContent chunk);

    /** Where the bytes of the file go: it tells whether another chunk may be added. */
    Upload upload();

    /** The body, after its last chunk and the end of its upload. The caller releases the upload. */
    Body finish();

    /** Frees what an unfinished body holds. */
    void abandon();

    static boolean isForm(HttpRequest head) {
        return Body.mediaType(head.headers()).equals("multipart/form-data");
    }

    /** The body is the upload. */
    record Raw(Upload upload) implements BodyReader {
        @Override
        public void add(HttpContent chunk) {
            ByteBuf bytes = chunk.content();
            if (bytes.isReadable()) {
                upload.append(bytes);
            }
        }

        @Override
        public Body finish() {
            return new Body(upload, false, 0, null, Map.of());
        }

        @Override
        public void abandon() {
            upload.release();
        }
    }
}
