package org.semblance.server.wire;

import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelOption;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.util.AttributeKey;
import io.netty.util.UncheckedBooleanSupplier;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.semblance.hashdb.libc.Libc;
import org.semblance.hashdb.libc.Libc.Function;

/**
 * The times at which the bytes arrived that a connection reads.
 *
 * <p>Under load they lie in the socket for longer than it takes to answer them: the event loop is busy with other connections,
 * or waits for a processor. A clock that starts when they are read leaves that out, and a third of a lookup's time with it. So
 * on Linux the kernel is asked when it had them. Netty's reads do not ask, so this looks at the first byte right before each
 * of them, by one more system call of a microsecond. Elsewhere, and where the kernel has no answer, they count from their read.
 * Pieces that the kernel has put together while they waited count from the last of them.
 *
 * <p>Everything here happens on the channel's event loop.
 */
public final class Arrivals {
    /**
     * Has the kernel note when bytes come, {@code SO_TIMESTAMPNS} of {@code SOL_SOCKET}. What a listener accepts inherits it.
     */
    public static final ChannelOption<Integer> NOTED = new IntegerUnixChannelOption("SO_TIMESTAMPNS", 1, 35);

    private static final AttributeKey<Arrivals> KEY = AttributeKey.valueOf(Arrivals.class, "channel");

    private final Channel channel;

    /** Whether the kernel is asked before the next read. */
    private boolean wanted = true;

    private long nanos = System.nanoTime();

    private Arrivals(Channel channel) {
        this.channel = channel;
    }

    /** Watches that channel from now on. For {@link #NOTED} to be of use, it has to be one of epoll, and to have that set. */
    public static void watch(Channel channel) {
        Arrivals arrivals = new Arrivals(channel);
        channel.attr(KEY).set(arrivals);
        RecvByteBufAllocator buffers = channel.config().getRecvByteBufAllocator();
        channel.config()
                .setRecvByteBufAllocator(
                        () -> arrivals.new Reads((RecvByteBufAllocator.ExtendedHandle) buffers.newHandle()));
    }

    /** Of a channel that is watched. */
    public static Arrivals of(Channel channel) {
        return channel.attr(KEY).get();
    }

    /**
     * Tells whether a request may begin with the next read, as it may at first. If not, the kernel is not asked, and {@link #nanos} is
     * the time of the read.
     */
    void expectRequest(boolean expected) {
        wanted = expected;
    }

    /** The {@link System#nanoTime} at which the first of the bytes had come that are read now, or were last. */
    public long nanos() {
        return nanos;
    }

    /** Netty asks this how to read, and says before that it is about to: the last moment when the bytes are the kernel's. */
    private final class Reads extends RecvByteBufAllocator.DelegatingHandle
            implements RecvByteBufAllocator.ExtendedHandle {
        private final RecvByteBufAllocator.ExtendedHandle handle;

        Reads(RecvByteBufAllocator.ExtendedHandle handle) {
            super(handle);
            this.handle = handle;
        }

        @Override
        public void reset(ChannelConfig config) {
            super.reset(config);
            long age = wanted && channel instanceof EpollSocketChannel epoll
                    ? Peek.OF_THREAD.get().age(epoll.fd().intValue())
                    : 0;
            nanos = System.nanoTime() - age;
        }

        @Override
        public boolean continueReading(UncheckedBooleanSupplier maybeMore) {
            return handle.continueReading(maybeMore);
        }
    }

    /** Looks at what a socket holds, by {@code recvmsg}, whose structures are the same wherever 64-bit Linux runs. */
    private static final class Peek {
        static final ThreadLocal<Peek> OF_THREAD = ThreadLocal.withInitial(Peek::new);

        private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

        /** Look, leave it there, and do not wait for it. */
        private static final int MSG_PEEK_MSG_DONTWAIT = 0x2 | 0x40;

        private static final long SOL_SOCKET_SCM_TIMESTAMPNS = 35L << 32 | 1;
        private static final int CONTROL_BYTES = 64;

        /** A length, a level and a type, and the seconds and nanoseconds of it. */
        private static final int STAMP_BYTES = 32;

        private final MemorySegment control = Arena.ofAuto().allocate(CONTROL_BYTES, 8);
        private final MemorySegment vector = Arena.ofAuto().allocate(16, 8);
        private final MemorySegment first = Arena.ofAuto().allocate(1);
        private final MemorySegment message = Arena.ofAuto().allocate(56, 8);

        Peek() {
            vector.set(LONG, 0, first.address());
            vector.set(LONG, 8, first.byteSize());
            message.set(LONG, 16, vector.address());
            message.set(LONG, 24, 1);
            message.set(LONG, 32, control.address());
        }

        /** For how many nanoseconds the first byte has been there that the socket holds; 0 if that is not known. */
        long age(int socket) {
            message.set(LONG, 40, CONTROL_BYTES);
            long bytes = Libc.tryCall(Function.RECVMSG, socket, message.address(), MSG_PEEK_MSG_DONTWAIT);
            if (bytes <= 0
                    || message.get(LONG, 40) < STAMP_BYTES
                    || control.get(LONG, 8) != SOL_SOCKET_SCM_TIMESTAMPNS) {
                return 0;
            }
            Instant now = Instant.now();
            long seconds = now.getEpochSecond() - control.get(LONG, 16);
            // Less than 0 if the clock was set back meanwhile.
            return Math.max(0, TimeUnit.SECONDS.toNanos(seconds) + now.getNano() - control.get(LONG, 24));
        }
    }
}
