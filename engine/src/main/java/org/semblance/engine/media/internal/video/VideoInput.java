package org.semblance.engine.media.internal.video;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVIOContext;
import org.bytedeco.ffmpeg.avformat.AVIOInterruptCB;
import org.bytedeco.ffmpeg.avformat.Read_packet_Pointer_BytePointer_int;
import org.bytedeco.ffmpeg.avformat.Seek_Pointer_long_int;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.media.MediaSource;

/**
 * A video's bytes as FFmpeg's input, with seeking. Files are read by position into FFmpeg's own buffer, rather than
 * mapped: pages of a mapped file would count as memory of this process, and a file that shrinks would kill it.
 *
 * <p>Every read asks whether time is up, so that a demuxer that goes over a damaged file again and again stops. JavaCPP
 * has room for ten callback objects of a type, so all inputs share the three below and find their own through a number
 * behind the opaque pointer.
 */
final class VideoInput implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 * 1024;

    /** From {@code stdio.h} and {@code errno.h}. */
    private static final int SEEK_SET = 0;

    private static final int SEEK_CUR = 1;
    private static final int SEEK_END = 2;
    private static final int INPUT_OUTPUT_ERROR = -5;

    /** Retained, or they would be freed with the pointer scope in which this class is first used. */
    private static final Read READ = new Read().retainReference();

    private static final Seek SEEK = new Seek().retainReference();
    private static final Interrupt INTERRUPT = new Interrupt().retainReference();

    private static final Map<Long, VideoInput> OPEN = new ConcurrentHashMap<>();
    private static final AtomicLong NEXT_KEY = new AtomicLong();

    private final MediaSource.Reader bytes;
    private final long size;
    private final @Nullable FileChannel file;
    private final Clock clock;
    private final long key;
    private final LongPointer opaque;
    private final AVIOContext context;
    private long position;
    private @Nullable IOException failure;

    /** @throws UncheckedIOException if the file cannot be opened */
    VideoInput(MediaSource source, Clock clock) {
        this.clock = clock;
        this.size = source.size();
        switch (source) {
            case MediaSource.InMemory memory -> {
                MemorySegment whole = MemorySegment.ofBuffer(memory.content());
                file = null;
                bytes = (at, target) -> {
                    target.copyFrom(whole.asSlice(at, target.byteSize()));
                    return (int) target.byteSize();
                };
            }
            case MediaSource.InFile inFile -> {
                FileChannel channel = open(inFile);
                file = channel;
                bytes = (at, target) -> channel.read(target.asByteBuffer(), at);
            }
            case MediaSource.Opened opened -> {
                file = null;
                bytes = opened.reader();
            }
        }
        key = NEXT_KEY.incrementAndGet();
        opaque = new LongPointer(1);
        opaque.put(key);
        // FFmpeg owns the buffer and may replace it.
        BytePointer buffer = new BytePointer(avutil.av_malloc(BUFFER_BYTES)).capacity(BUFFER_BYTES);
        context = avformat.avio_alloc_context(buffer, BUFFER_BYTES, 0, opaque, READ, null, SEEK);
        OPEN.put(key, this);
    }

    private static FileChannel open(MediaSource.InFile source) {
        try {
            return FileChannel.open(source.path(), StandardOpenOption.READ);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes this the input of a demuxer that is not open yet. */
    void attach(AVFormatContext demuxer) {
        demuxer.pb(context);
        demuxer.flags(demuxer.flags() | AVFormatContext.AVFMT_FLAG_CUSTOM_IO);
        AVIOInterruptCB interrupt = demuxer.interrupt_callback();
        interrupt.callback(INTERRUPT);
        interrupt.opaque(opaque);
    }

    /** The first bytes, as many as there are but no more than {@code most}. */
    byte[] head(int most) {
        int length = (int) Math.min(most, size);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment head = arena.allocate(Math.max(1, length));
            int at = 0;
            while (at < length) {
                int read = bytes.read(at, head.asSlice(at, length - at));
                if (read <= 0) {
                    break;
                }
                at += read;
            }
            return head.asSlice(0, at).toArray(ValueLayout.JAVA_BYTE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns unless the file itself could not be read, which is no fault of its content. */
    void checkReadable() {
        if (failure != null) {
            throw new UncheckedIOException(failure);
        }
    }

    @Override
    public void close() {
        OPEN.remove(key);
        avutil.av_free(context.buffer());
        avformat.avio_context_free(context);
        opaque.close();
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                // The file was only read.
            }
        }
    }

    private int read(long target, int length) {
        if (clock.isOver()) {
            return avutil.AVERROR_EXIT;
        }
        int count = (int) Math.min(length, size - position);
        if (count <= 0) {
            return avutil.AVERROR_EOF;
        }
        try {
            int read = bytes.read(position, MemorySegment.ofAddress(target).reinterpret(count));
            if (read <= 0) {
                return avutil.AVERROR_EOF;
            }
            position += read;
            return read;
        } catch (IOException e) {
            failure = e;
            return INPUT_OUTPUT_ERROR;
        }
    }

    private long seek(long offset, int whence) {
        if ((whence & avformat.AVSEEK_SIZE) != 0) {
            return size;
        }
        long to = switch (whence & ~avformat.AVSEEK_FORCE) {
            case SEEK_SET -> offset;
            case SEEK_CUR -> position + offset;
            case SEEK_END -> size + offset;
            default -> -1;
        };
        if (to < 0 || to > size) {
            return -1;
        }
        position = to;
        return to;
    }

    private static @Nullable VideoInput of(Pointer opaque) {
        return OPEN.get(new LongPointer(opaque).get());
    }

    /** An exception must not pass through FFmpeg's frames, so the callbacks answer any with an error number. */
    private static final class Read extends Read_packet_Pointer_BytePointer_int {
        @Override
        public int call(Pointer opaque, BytePointer target, int size) {
            try {
                VideoInput input = of(opaque);
                return input == null ? avutil.AVERROR_EOF : input.read(target.address(), size);
            } catch (RuntimeException | Error e) {
                return INPUT_OUTPUT_ERROR;
            }
        }
    }

    private static final class Seek extends Seek_Pointer_long_int {
        @Override
        public long call(Pointer opaque, long offset, int whence) {
            try {
                VideoInput input = of(opaque);
                return input == null ? -1 : input.seek(offset, whence);
            } catch (RuntimeException | Error e) {
                return -1;
            }
        }
    }

    private static final class Interrupt extends AVIOInterruptCB.Callback_Pointer {
        @Override
        public int call(Pointer opaque) {
            try {
                VideoInput input = of(opaque);
                return input == null || input.clock.isOver() ? 1 : 0;
            } catch (RuntimeException | Error e) {
                return 1;
            }
        }
    }

    /** Tells whether time is up. */
    @FunctionalInterface
    interface Clock {
        boolean isOver();
    }
}
