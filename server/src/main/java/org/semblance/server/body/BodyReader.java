package org.semblance.server.body;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import java.util.Map;
import org.semblance.server.http.HttpError;

/** Turns the chunks of a body, as they arrive, into an {@link Upload} and form fields. */
public interface BodyReader {
    /** Largest sum of what is in a form beside its file: fields, part headers, boundaries. */
    int MAX_FORM_BYTES = 1_000_000;

    /**
     * Takes the next chunk.
     *
     * @throws HttpError 400 if the body is broken, 413 or 503 as {@link Upload#append}
     */
    void add(HttpContent chunk);

    /**
     * Goes on with what it was given. Returns false if some of that is left to do: when {@link #isReady}, in a moment, so that
     * one body does not keep the event loop from all others.
     *
     * @throws HttpError as {@link #add}
     */
    default boolean advance() {
        return true;
    }

    /** Whether it can take more or, after {@link #end}, be finished. If not, the call is told when to go on. */
    boolean isReady();

    /**
     * Returns unless what it waited for has failed.
     *
     * @throws HttpError 503 if it has
     */
    void check();

    /**
     * Says that all chunks have been added.
     *
     * @throws HttpError as {@link #add}
     */
    void end();

    /** The body, once it has ended and is ready. The caller releases its upload. */
    Body finish();

    /** Frees what an unfinished body holds. */
    void abandon();

    static boolean isForm(HttpRequest head) {
        return Body.mediaType(head.headers()).equals("multipart/form-data");
    }

    /** The body is the upload. */
    class Raw implements BodyReader {
        final Upload upload;

        public Raw(Upload upload) {
            this.upload = upload;
        }

        @Override
        public void add(HttpContent chunk) {
            ByteBuf bytes = chunk.content();
            if (bytes.isReadable()) {
                upload.append(bytes);
            }
        }

        @Override
        public final boolean isReady() {
            return upload.isReady();
        }

        @Override
        public final void check() {
            upload.check();
        }

        @Override
        public final void end() {
            upload.end();
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
