package org.semblance.server.body;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.multipart.Attribute;
import io.netty.handler.codec.http.multipart.DefaultHttpDataFactory;
import io.netty.handler.codec.http.multipart.FileUpload;
import io.netty.handler.codec.http.multipart.HttpPostMultipartRequestDecoder;
import io.netty.handler.codec.http.multipart.HttpPostRequestDecoder;
import io.netty.handler.codec.http.multipart.HttpPostRequestDecoder.ErrorDataDecoderException;
import io.netty.handler.codec.http.multipart.InterfaceHttpData;
import io.netty.handler.codec.http.multipart.MemoryFileUpload;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.semblance.server.http.HttpError;

/**
 * Reads a form. Netty finds the parts; the bytes of the first file go straight to the {@link Upload}, those of any
 * further file are counted as a file and dropped, since no route takes more than one.
 */
public final class MultipartReader extends BodyReader.Raw {
    private static final int MAX_FIELDS = 64;

    /** Longest part header, and longest piece that cannot be told from a boundary yet. */
    private static final int MAX_UNDECODED_BYTES = 16_384;

    private final long maxDropped;
    private final HttpPostMultipartRequestDecoder decoder;
    private int files;
    private @Nullable String fileField;
    private long received;
    private long dropped;
    private final List<InterfaceHttpData> parts = new ArrayList<>();
    private boolean ended;

    /** @param maxDropped most bytes of files after the first */
    public MultipartReader(HttpRequest head, Upload upload, long maxDropped) {
        super(upload);
        this.maxDropped = maxDropped;
        try {
            if (!HttpPostRequestDecoder.isMultipart(head)) {
                throw HttpError.field(
                        400,
                        "Content-Type",
                        head.headers().get(HttpHeaderNames.CONTENT_TYPE),
                        "a form with a boundary");
            }
            decoder = new HttpPostMultipartRequestDecoder(
                    new Parts(), head, StandardCharsets.UTF_8, MAX_FIELDS, MAX_UNDECODED_BYTES);
        } catch (HttpError e) {
            throw e;
        } catch (RuntimeException e) {
            throw broken(e);
        }
    }

    @Override
    public void add(HttpContent chunk) {
        received += chunk.content().readableBytes();
        ended |= chunk instanceof LastHttpContent;
        try {
            decoder.offer(chunk);
        } catch (HttpError e) {
            throw e;
        } catch (RuntimeException e) {
            throw broken(e);
        }
        if (received - upload.size() - dropped > MAX_FORM_BYTES) {
            throw new HttpError(413, "form fields: more than " + MAX_FORM_BYTES + " bytes beside the file");
        }
        if (dropped > maxDropped) {
            throw new HttpError(413, "form: more than " + maxDropped + " bytes of further files (expected: one file)");
        }
    }

    /** Netty's decoder tells bad input by whatever it stumbles over: an index, a null, a charset, its own exceptions. */
    private static HttpError broken(RuntimeException e) {
        boolean isTold = e instanceof ErrorDataDecoderException && e.getCause() == null && e.getMessage() != null;
        String why = isTold ? e.getMessage() : "the head of a part cannot be read";
        return HttpError.of(400, "body", "body: broken form: " + why + " (expected: multipart/form-data of RFC 7578)");
    }

    @Override
    public Body finish() {
        if (!ended) {
            throw new IllegalStateException("the last chunk has not come");
        }
        try {
            if (decoder.currentPartialHttpData() != null) {
                throw new IllegalStateException("it ends within a part");
            }
            Map<String, String> fields = new HashMap<>();
            for (InterfaceHttpData part : decoder.getBodyHttpDatas()) {
                if (part instanceof Attribute attribute) {
                    fields.putIfAbsent(attribute.getName(), attribute.getValue());
                }
            }
            return new Body(upload, true, files, fileField, Map.copyOf(fields));
        } catch (RuntimeException e) {
            upload.release();
            throw broken(e);
        } catch (IOException e) {
            upload.release();
            throw new UncheckedIOException(e);
        } finally {
            destroy();
        }
    }

    @Override
    public void abandon() {
        super.abandon();
        destroy();
    }

    /** The decoder forgets the part it was in the middle of, so that all of them are kept track of here. */
    private void destroy() {
        decoder.destroy();
        for (InterfaceHttpData part : parts) {
            if (part.refCnt() > 0) {
                part.release(part.refCnt());
            }
        }
        parts.clear();
    }

    /** Makes the parts that the decoder fills, in memory. */
    private final class Parts extends DefaultHttpDataFactory {
        Parts() {
            super(false, StandardCharsets.UTF_8);
        }

        private <T extends InterfaceHttpData> T track(T part) {
            parts.add(part);
            return part;
        }

        @Override
        public Attribute createAttribute(HttpRequest request, String name) {
            return track(super.createAttribute(request, name));
        }

        @Override
        public Attribute createAttribute(HttpRequest request, String name, long definedSize) {
            return track(super.createAttribute(request, name, definedSize));
        }

        @Override
        public Attribute createAttribute(HttpRequest request, String name, String value) {
            return track(super.createAttribute(request, name, value));
        }

        @Override
        public FileUpload createFileUpload(
                HttpRequest request,
                String name,
                String filename,
                String contentType,
                String contentTransferEncoding,
                Charset charset,
                long size) {
            files++;
            if (files == 1) {
                fileField = name;
            }
            return track(new FilePart(name, filename, contentType, contentTransferEncoding, charset, size, files == 1));
        }
    }

    /** A file part that passes its bytes on and holds none. */
    @SuppressWarnings("EqualsOverriding") // identity as its parent has it: by name
    private final class FilePart extends MemoryFileUpload {
        private final boolean wanted;

        FilePart(
                String name,
                String filename,
                String contentType,
                String contentTransferEncoding,
                Charset charset,
                long size,
                boolean wanted) {
            super(name, filename, contentType, contentTransferEncoding, charset, size);
            this.wanted = wanted;
        }

        @Override
        public void addContent(@Nullable ByteBuf bytes, boolean last) {
            if (bytes != null) {
                try {
                    size += bytes.readableBytes();
                    if (wanted) {
                        upload.append(bytes);
                    } else {
                        dropped += bytes.readableBytes();
                    }
                } finally {
                    bytes.release();
                }
            }
            if (last) {
                setCompleted();
            }
        }
    }
}
