package org.semblance.server.body;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;
import org.semblance.server.http.ContentCoding;
import org.semblance.server.http.HttpError;

/**
 * Decompresses the chunks of a body on their way to another reader.
 *
 * <p>A chunk can be a thousand times as long when it is decoded. So it is decoded in pieces, none of them larger than a
 * chunk may be, and the next one only when the other reader has taken the last and is ready for more: the limits of that
 * reader hold, memory stays bounded, and a slow disk slows the client down as ever.
 */
public final class DecodingReader implements BodyReader {
    private static final int PIECE_BYTES = 65_536;

    /** What the inflater's window and a chunk take, which is charged for as long as the body comes. */
    private static final int COST_BYTES = 2 * 65_536;

    /** Pieces decoded before others have their turn on the event loop: a few milliseconds' worth. */
    private static final int PIECES_AT_A_TIME = 32;

    /** Where in the coded bytes it is: RFC 1952, section 2.3. */
    private enum Part {
        /** The first ten bytes of a member of gzip, or the end of the body. */
        FIXED_HEAD,
        EXTRA_LENGTH,
        EXTRA,
        NAME,
        COMMENT,
        HEAD_CHECK,
        DATA,
        /** Check and length of what was decoded. */
        TRAILER,
        /** What zlib's format ends with; nothing may follow. */
        END
    }

    private static final int FLAG_HEAD_CHECK = 2;
    private static final int FLAG_EXTRA = 4;
    private static final int FLAG_NAME = 8;
    private static final int FLAG_COMMENT = 16;
    private static final int FLAGS_RESERVED = 0xe0;

    private final boolean gzip;
    private final BodyReader target;
    private final ByteBufAllocator allocator;
    private final ByteBudget memory;
    private final long mostBytes;
    private final Inflater inflater;
    private final CRC32 check = new CRC32();

    /** A chunk that is not decoded whole yet; its reader index tells how far. */
    private @Nullable ByteBuf chunk;

    /** Whether the last piece was full, so that there may be more without another byte of input. */
    private boolean mayHoldMore;

    private long received;
    private Part part;
    private int flags;

    /** Of the extra field of a gzip head that are still to come. */
    private int extraBytes;

    /** The bytes of a number, as they come. */
    private final byte[] gathered = new byte[10];

    private int gatheredBytes;
    private boolean freed;

    /**
     * A reader of bodies in that coding. It owns {@code target} from now on.
     *
     * @param mostBytes longest body before it is decoded
     * @throws HttpError 503 if there is no memory for it
     */
    public DecodingReader(
            ContentCoding coding, BodyReader target, ByteBufAllocator allocator, ByteBudget memory, long mostBytes) {
        if (!memory.take(COST_BYTES)) {
            throw HttpError.busy("too many bytes of uploads are in work");
        }
        this.gzip = coding == ContentCoding.GZIP;
        this.target = target;
        this.allocator = allocator;
        this.memory = memory;
        this.mostBytes = mostBytes;
        this.part = gzip ? Part.FIXED_HEAD : Part.DATA;
        this.inflater = new Inflater(gzip);
    }

    @Override
    public void add(HttpContent content) {
        ByteBuf bytes = content.content();
        received += bytes.readableBytes();
        if (received > mostBytes) {
            throw new HttpError(413, "body: more than " + mostBytes + " bytes before decoding");
        }
        if (chunk != null) {
            throw new IllegalStateException("the chunk before is not decoded yet");
        }
        if (bytes.isReadable()) {
            chunk = bytes.retain();
            if (part == Part.DATA) {
                feed(bytes);
            }
        }
    }

    @Override
    public boolean advance() {
        ByteBuf in = chunk;
        if (in == null) {
            return true;
        }
        for (int pieces = 0; in.isReadable() || (part == Part.DATA && mayHoldMore); ) {
            if (part != Part.DATA) {
                frame(in);
            } else if (!target.isReady() || pieces == PIECES_AT_A_TIME) {
                return false;
            } else {
                decodePiece(in);
                pieces++;
            }
        }
        in.release();
        chunk = null;
        return true;
    }

    private void decodePiece(ByteBuf in) {
        int left = inflater.getRemaining();
        ByteBuf piece = allocator.directBuffer(PIECE_BYTES);
        try {
            ByteBuffer out = piece.nioBuffer(0, PIECE_BYTES);
            int bytes = inflater.inflate(out);
            in.skipBytes(left - inflater.getRemaining());
            mayHoldMore = bytes == PIECE_BYTES;
            if (gzip) {
                check.update(out.flip());
            }
            piece.writerIndex(bytes);
            if (bytes > 0) {
                target.add(new DefaultHttpContent(piece));
            }
        } catch (DataFormatException e) {
            throw broken(e.getMessage() == null ? "no deflated data" : e.getMessage());
        } finally {
            piece.release();
        }
        if (inflater.needsDictionary()) {
            throw broken("it needs a dictionary");
        }
        if (inflater.finished()) {
            part = gzip ? Part.TRAILER : Part.END;
        }
    }

    /** Gives the inflater the rest of a chunk. */
    private void feed(ByteBuf in) {
        inflater.setInput(in.nioBuffer());
    }

    /** Takes what is around the deflated data. */
    private void frame(ByteBuf in) {
        switch (part) {
            case FIXED_HEAD -> {
                if (gather(in, 10)) {
                    if (gathered[0] != 0x1f || (gathered[1] & 0xff) != 0x8b || gathered[2] != 8) {
                        throw broken("it does not begin as gzip does");
                    }
                    flags = gathered[3];
                    if ((flags & FLAGS_RESERVED) != 0) {
                        throw broken("flags of gzip that nobody knows");
                    }
                    enter(Part.EXTRA_LENGTH, in);
                }
            }
            case EXTRA_LENGTH -> {
                if (gather(in, 2)) {
                    extraBytes = (int) number(0, 2);
                    enter(Part.EXTRA, in);
                }
            }
            case EXTRA -> {
                int bytes = Math.min(extraBytes, in.readableBytes());
                in.skipBytes(bytes);
                extraBytes -= bytes;
                if (extraBytes == 0) {
                    enter(Part.NAME, in);
                }
            }
            case NAME, COMMENT -> {
                int length = in.bytesBefore((byte) 0);
                in.skipBytes(length < 0 ? in.readableBytes() : length + 1);
                if (length >= 0) {
                    enter(part == Part.NAME ? Part.COMMENT : Part.HEAD_CHECK, in);
                }
            }
            case HEAD_CHECK -> {
                if (gather(in, 2)) {
                    enter(Part.DATA, in);
                }
            }
            case TRAILER -> {
                if (gather(in, 8)) {
                    if (number(0, 4) != check.getValue()
                            || number(4, 4) != (inflater.getBytesWritten() & 0xffff_ffffL)) {
                        throw broken("the check of gzip does not fit what came");
                    }
                    inflater.reset();
                    check.reset();
                    part = Part.FIXED_HEAD; // Another member may follow.
                }
            }
            case END -> throw broken("bytes after its end");
            case DATA -> throw new IllegalStateException("data is decoded in pieces");
        }
    }

    /** Goes to that part of a gzip head, or to the next one that this head has. */
    private void enter(Part next, ByteBuf in) {
        part = next;
        if (next == Part.EXTRA_LENGTH && (flags & FLAG_EXTRA) == 0) {
            part = Part.NAME;
        }
        if (part == Part.NAME && (flags & FLAG_NAME) == 0) {
            part = Part.COMMENT;
        }
        if (part == Part.COMMENT && (flags & FLAG_COMMENT) == 0) {
            part = Part.HEAD_CHECK;
        }
        if (part == Part.HEAD_CHECK && (flags & FLAG_HEAD_CHECK) == 0) {
            part = Part.DATA;
        }
        if (part == Part.DATA && in.isReadable()) {
            feed(in);
        }
    }

    /** Gathers that many bytes over as many chunks as it takes, and tells when they are there. */
    private boolean gather(ByteBuf in, int bytes) {
        int more = Math.min(bytes - gatheredBytes, in.readableBytes());
        in.readBytes(gathered, gatheredBytes, more);
        gatheredBytes += more;
        if (gatheredBytes < bytes) {
            return false;
        }
        gatheredBytes = 0;
        return true;
    }

    /** A gathered number, its lowest byte first. */
    private long number(int from, int bytes) {
        long number = 0;
        for (int i = bytes - 1; i >= 0; i--) {
            number = (number << 8) | (gathered[from + i] & 0xff);
        }
        return number;
    }

    private HttpError broken(String how) {
        return HttpError.of(
                400,
                "body",
                "body: broken " + (gzip ? "gzip" : "deflate") + ": " + how + " (expected: what"
                        + " Content-Encoding says)");
    }

    @Override
    public boolean isReady() {
        return target.isReady();
    }

    @Override
    public void check() {
        target.check();
    }

    @Override
    public void end() {
        boolean whole = part == Part.END || (part == Part.FIXED_HEAD && gatheredBytes == 0);
        if (!whole && received > 0) {
            throw broken("it ends too early");
        }
        free();
        target.add(LastHttpContent.EMPTY_LAST_CONTENT);
        target.end();
    }

    @Override
    public Body finish() {
        return target.finish();
    }

    @Override
    public void abandon() {
        free();
        target.abandon();
    }

    private void free() {
        if (!freed) {
            freed = true;
            inflater.end();
            memory.giveBack(COST_BYTES);
            if (chunk != null) {
                chunk.release();
                chunk = null;
            }
        }
    }
}
