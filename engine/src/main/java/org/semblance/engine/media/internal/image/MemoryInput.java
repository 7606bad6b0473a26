package org.semblance.engine.media.internal.image;

import java.lang.foreign.MemorySegment;
import org.bytedeco.ffmpeg.avformat.AVIOContext;
import org.bytedeco.ffmpeg.avformat.Read_packet_Pointer_BytePointer_int;
import org.bytedeco.ffmpeg.avformat.Seek_Pointer_long_int;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Bytes in memory as FFmpeg's input, with seeking, so that nothing touches a disk and no protocol is ever opened.
 *
 * <p>The state of a file (address, size, position) lies in native memory behind the opaque pointer, because JavaCPP has
 * room for ten callback objects of a type only: all files share the two below.
 */
final class MemoryInput implements AutoCloseable {
    private static final int BUFFER_BYTES = 32 * 1024;
    private static final int ADDRESS = 0;
    private static final int SIZE = 1;
    private static final int POSITION = 2;
    private static final int FIELDS = 3;

    /** From {@code stdio.h}. */
    private static final int SEEK_SET = 0;

    private static final int SEEK_CUR = 1;
    private static final int SEEK_END = 2;

    /** Retained, or they would be freed with the pointer scope in which this class is first used. */
    private static final Read READ = new Read().retainReference();

    private static final Seek SEEK = new Seek().retainReference();

    private final LongPointer state;
    private final AVIOContext context;

    /** @param bytes must outlive this object */
    MemoryInput(BytePointer bytes) {
        state = new LongPointer(FIELDS);
        state.put(ADDRESS, bytes.address()).put(SIZE, bytes.capacity()).put(POSITION, 0L);
        // FFmpeg owns the buffer and may replace it.
        BytePointer buffer = new BytePointer(avutil.av_malloc(BUFFER_BYTES)).capacity(BUFFER_BYTES);
        context = avformat.avio_alloc_context(buffer, BUFFER_BYTES, 0, state, READ, null, SEEK);
        if (context == null) {
            throw new OutOfMemoryError("FFmpeg has no memory for an input of " + BUFFER_BYTES + " bytes");
        }
    }

    AVIOContext context() {
        return context;
    }

    @Override
    public void close() {
        avutil.av_free(context.buffer());
        avformat.avio_context_free(context);
        state.close();
    }

    private static final class Read extends Read_packet_Pointer_BytePointer_int {
        @Override
        public int call(Pointer opaque, BytePointer target, int size) {
            LongPointer state = new LongPointer(opaque);
            long position = state.get(POSITION);
            int count = (int) Math.min(size, state.get(SIZE) - position);
            if (count <= 0) {
                return avutil.AVERROR_EOF;
            }
            MemorySegment.ofAddress(target.address())
                    .reinterpret(count)
                    .copyFrom(MemorySegment.ofAddress(state.get(ADDRESS) + position)
                            .reinterpret(count));
            state.put(POSITION, position + count);
            return count;
        }
    }

    private static final class Seek extends Seek_Pointer_long_int {
        @Override
        public long call(Pointer opaque, long offset, int whence) {
            LongPointer state = new LongPointer(opaque);
            long size = state.get(SIZE);
            if ((whence & avformat.AVSEEK_SIZE) != 0) {
                return size;
            }
            long position = switch (whence & ~avformat.AVSEEK_FORCE) {
                case SEEK_SET -> offset;
                case SEEK_CUR -> state.get(POSITION) + offset;
                case SEEK_END -> size + offset;
                default -> -1;
            };
            if (position < 0 || position > size) {
                return -1;
            }
            state.put(POSITION, position);
            return position;
        }
    }
}
