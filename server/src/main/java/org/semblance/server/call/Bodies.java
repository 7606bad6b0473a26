package org.semblance.server.call;

import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import org.semblance.server.body.BodyReader;
import org.semblance.server.body.ByteBudget;
import org.semblance.server.body.DecodingReader;
import org.semblance.server.body.MultipartReader;
import org.semblance.server.body.Upload;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.http.ContentCoding;
import org.semblance.server.http.HttpError;
import org.semblance.server.route.Route;
import org.semblance.server.wire.Wire;

/** Makes ready for the body of a request: how long it may be, where its bytes go, how they are decoded. */
final class Bodies {
    private Bodies() {}

    /**
     * A reader of the body that comes with that head.
     *
     * @param takes what its route takes
     * @param goOn called on the wire's loop when the reader has become ready
     * @throws HttpError if a body like that is not taken, or not now
     */
    static BodyReader open(Calls calls, Wire wire, HttpRequest head, Route.Takes takes, Runnable goOn) {
        ServerConfig config = calls.config();
        ContentCoding coding = ContentCoding.of(head.headers());
        boolean form = takes.isUpload() && BodyReader.isForm(head);
        long limit = takes.mostBytes(config);
        long most = coding.mostBytes(form ? limit + BodyReader.MAX_FORM_BYTES : limit);
        long declared = HttpUtil.getContentLength(head, 0L);
        if (declared > most) {
            throw HttpError.field(413, "Content-Length", Long.toString(declared), "at most " + limit);
        }
        boolean spills = takes.isUpload() && declared > config.spillBytes();
        if (!(spills ? calls.uploads().budget() : calls.budget()).hasRoomFor(declared)) {
            throw HttpError.busy("too many bytes of uploads are " + (spills ? "on the disk" : "in work"));
        }
        Upload upload = takes.isUpload()
                ? Upload.spilling(
                        wire.alloc(),
                        calls.budget(),
                        coding != ContentCoding.IDENTITY ? 0 : form ? declared - BodyReader.MAX_FORM_BYTES : declared,
                        config.maxBodyBytes(),
                        limit,
                        new Upload.Spilling(calls.uploads(), config.spillBytes(), wire.loop(), goOn))
                : Upload.inMemory(wire.alloc(), calls.budget(), limit);
        BodyReader reader =
                form ? new MultipartReader(head, upload, config.maxBodyBytes()) : new BodyReader.Raw(upload);
        return decoding(coding, reader, most, calls.budget(), wire);
    }

    /** Whether the client told how long its body is, and that is no more than what its route takes whole. */
    static boolean isShort(HttpRequest head, Route.Takes takes, ServerConfig config) {
        long declared = HttpUtil.getContentLength(head, 0L);
        return declared > 0 && declared <= takes.mostBytes(config);
    }

    /**
     * This reader, or a reader that decodes the body on its way there. Abandons it if there is no memory for that.
     *
     * @param mostBytes longest body before it is decoded
     */
    static BodyReader decoding(ContentCoding coding, BodyReader reader, long mostBytes, ByteBudget budget, Wire wire) {
        if (coding == ContentCoding.IDENTITY) {
            return reader;
        }
        try {
            return new DecodingReader(coding, reader, wire.alloc(), budget, mostBytes);
        } catch (HttpError e) {
            reader.abandon();
            throw e;
        }
    }
}
