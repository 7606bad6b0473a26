package org.semblance.bench.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.semblance.server.wire.Arrivals;

/**
 * Sends {@link LookupTraffic} over connections that stay, and takes the time. One thread does it all, since it shares the cores
 * with the server that it measures; it knows as little of HTTP as the answers of our own server need.
 *
 * <p>Without a rate each connection sends the next request when the last is answered. With one, requests are due at fixed times
 * whatever becomes of those before them, and wait here if no connection is free; a latency counts from when its request was due.
 *
 * <p>A latency ends when this thread has the answer, which it may have waited for a processor to read. A server can tell of none
 * of that, so what is compared with its own clock ends when the kernel had the answer.
 */
final class LoadClient implements AutoCloseable {
    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(
            1, Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    private final int port;

    /** Goes on from round to round, so that no request comes twice. */
    private long number;

    LoadClient(int port) {
        this.port = port;
    }

    @Override
    public void close() {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    /**
     * What came of a round.
     *
     * @param seconds from the first request to the last answer
     * @param statuses how many of each, and of what else went wrong
     * @param answers of those of status 200
     * @param latencies of them, in nanoseconds from when the request was due, ascending
     * @param times likewise, from when it was sent to when its answer had come
     * @param unreadSeconds for which all answers together had come and were not read
     * @param late requests that were due and could not be sent before the end
     */
    record Result(
            double seconds,
            Map<String, Long> statuses,
            Map<LookupTraffic.Answer, Long> answers,
            long[] latencies,
            long[] times,
            double unreadSeconds,
            long late) {
        long count(LookupTraffic.Answer answer) {
            return answers.getOrDefault(answer, 0L);
        }

        /** Whether all that was asked for was answered, and rightly; or refused for lack of capacity. */
        boolean isRight() {
            return statuses.keySet().stream().allMatch(status -> status.equals("200") || status.equals("503"))
                    && count(LookupTraffic.Answer.MISSED) == 0
                    && count(LookupTraffic.Answer.FALSE_MATCH) == 0;
        }
    }

    /** Runs a round of so many seconds, at so many requests a second, or as many as are answered if that is 0. */
    Result run(LookupTraffic traffic, int connections, double rate, int seconds)
            throws InterruptedException, ExecutionException {
        Round round = new Round(traffic, rate, seconds);
        List<ChannelFuture> opened = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            Bootstrap bootstrap = new Bootstrap();
            if (Epoll.isAvailable()) {
                bootstrap.option(Arrivals.NOTED, 1);
            }
            opened.add(bootstrap
                    .group(loops)
                    .channel(Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class)
                    .option(ChannelOption.TCP_NODELAY, true)
                    .handler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            Arrivals.watch(channel);
                            channel.pipeline().addLast(new Connection(round, Arrivals.of(channel)));
                        }
                    })
                    .connect(InetAddress.getLoopbackAddress(), port));
        }
        for (ChannelFuture connection : opened) {
            connection.sync();
        }
        loops.next().execute(round::begin);
        try {
            return round.done.get();
        } finally {
            for (ChannelFuture connection : opened) {
                connection.channel().close().sync();
            }
        }
    }

    /** For the loop alone. */
    private final class Round {
        private final LookupTraffic traffic;
        private final double intervalNanos;
        private final long lastNanos;
        private final EventExecutor loop = loops.next();
        private final CompletableFuture<Result> done = new CompletableFuture<>();

        private final ArrayDeque<Connection> free = new ArrayDeque<>();
        private int open;
        private long start;
        private long end;

        /** Requests that were sent of those that are due at fixed times. */
        private long sent;

        private boolean waiting;
        private final Map<String, Long> statuses = new TreeMap<>();
        private final Map<LookupTraffic.Answer, Long> answers = new EnumMap<>(LookupTraffic.Answer.class);
        private long[] latencies = new long[1 << 16];
        private long[] times = new long[1 << 16];
        private int measured;
        private long unreadNanos;

        Round(LookupTraffic traffic, double rate, int seconds) {
            this.traffic = traffic;
            this.intervalNanos = rate == 0 ? 0 : 1e9 / rate;
            this.lastNanos = TimeUnit.SECONDS.toNanos(seconds);
        }

        void begin() {
            start = System.nanoTime();
            end = start + lastNanos;
            loop.schedule(this::pump, lastNanos + 1_000_000, TimeUnit.NANOSECONDS); // to end, whatever happens
            pump();
        }

        /** Sends what is due, and ends the round when its time is over and all is answered. */
        void pump() {
            long now = System.nanoTime();
            while (!free.isEmpty() && now < end) {
                long due = intervalNanos == 0 ? now : start + (long) (sent * intervalNanos);
                if (due > now) {
                    pumpIn(due - now);
                    return;
                }
                sent++;
                free.remove().send(number++, due);
                now = System.nanoTime();
            }
            if (start != 0 && free.size() == open && now >= end) {
                long due = intervalNanos == 0 ? sent : (long) (lastNanos / intervalNanos);
                done.complete(new Result(
                        (now - start) / 1e9,
                        statuses,
                        answers,
                        sorted(latencies),
                        sorted(times),
                        unreadNanos / 1e9,
                        Math.max(0, due - sent)));
            }
        }

        private void pumpIn(long nanos) {
            if (!waiting) {
                waiting = true;
                loop.schedule(
                        () -> {
                            waiting = false;
                            pump();
                        },
                        nanos,
                        TimeUnit.NANOSECONDS);
            }
        }

        private long[] sorted(long[] nanos) {
            long[] all = Arrays.copyOf(nanos, measured);
            Arrays.sort(all);
            return all;
        }

        void count(String status) {
            statuses.merge(status, 1L, Long::sum);
        }

        void answered(LookupTraffic.Answer answer, long latency, long time, long unread) {
            answers.merge(answer, 1L, Long::sum);
            if (measured == times.length) {
                latencies = Arrays.copyOf(latencies, 2 * measured);
                times = Arrays.copyOf(times, 2 * measured);
            }
            latencies[measured] = latency;
            times[measured++] = time;
            unreadNanos += unread;
        }
    }

    private static final class Connection extends SimpleChannelInboundHandler<ByteBuf> {
        private static final ByteBuf BLANK_LINE = Unpooled.copiedBuffer("\r\n\r\n", StandardCharsets.US_ASCII);
        private static final String LENGTH = "\r\ncontent-length: ";
        private static final String RETRY = "\r\nretry-after: ";

        private final Round round;
        private final Arrivals arrivals;
        private final ByteBuf in = Unpooled.buffer(4_096);
        private ChannelHandlerContext context;
        private long asked;
        private long dueNanos;
        private long sentNanos;

        @SuppressWarnings("NullAway.Init") // It is active before anything is asked of it.
        Connection(Round round, Arrivals arrivals) {
            this.round = round;
            this.arrivals = arrivals;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            context = ctx;
            round.open++;
            round.free.add(this);
        }

        void send(long number, long due) {
            asked = number;
            dueNanos = due;
            sentNanos = System.nanoTime();
            context.writeAndFlush(round.traffic.request(context.alloc(), number), context.voidPromise());
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf bytes) {
            in.writeBytes(bytes);
            int headBytes = ByteBufUtil.indexOf(BLANK_LINE, in);
            if (headBytes < 0) {
                return;
            }
            String head =
                    in.toString(0, headBytes + 2, StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT);
            int bodyBytes = field(head, LENGTH, 0);
            if (in.readableBytes() < headBytes + 4 + bodyBytes) {
                return;
            }
            long now = System.nanoTime();
            long came = arrivals.nanos();
            String status = head.substring(9, 12);
            round.count(status);
            if (status.equals("200")) {
                String body = in.toString(headBytes + 4, bodyBytes, StandardCharsets.UTF_8);
                round.answered(round.traffic.judge(asked, body), now - dueNanos, came - sentNanos, now - came);
            }
            in.clear();
            if (status.equals("503")) { // As a client should.
                ctx.executor().schedule(this::isFree, field(head, RETRY, 1), TimeUnit.SECONDS);
            } else {
                isFree();
            }
        }

        private void isFree() {
            round.free.add(this);
            round.pump();
        }

        private static int field(String head, String name, int otherwise) {
            int at = head.indexOf(name);
            return at < 0
                    ? otherwise
                    : Integer.parseInt(head.substring(at + name.length(), head.indexOf('\r', at + name.length())));
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            if (!round.done.isDone()) {
                round.count("broken connection");
                round.free.remove(this);
                round.open--;
                round.pump();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            round.count("broken connection: " + cause.getMessage());
            ctx.close();
        }
    }
}
