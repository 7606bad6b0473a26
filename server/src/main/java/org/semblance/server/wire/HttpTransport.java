package org.semblance.server.wire;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.DateFormatter;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Date;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.semblance.server.auth.Gate;
import org.semblance.server.auth.HostNames;
import org.semblance.server.body.ByteBudget;
import org.semblance.server.body.SpillFolder;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.TlsFiles;
import org.semblance.server.fetch.FetchFailedException;
import org.semblance.server.fetch.FetchSettings;
import org.semblance.server.fetch.Fetcher;
import org.semblance.server.http.Lifecycle;
import org.semblance.server.http.Phase;
import org.semblance.server.http.Refusals;
import org.semblance.server.metrics.Metrics;
import org.semblance.server.route.Router;
import org.semblance.server.work.Worker;
import org.semblance.server.work.WorkerPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The listening socket, the event loops and what all connections share. */
public final class HttpTransport {
    /** How often it looks, while it stops, whether requests are under way. */
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private static final Logger LOG = LoggerFactory.getLogger(HttpTransport.class);

    private final ServerConfig config;
    private final Lifecycle lifecycle;
    private final Gate gate;
    private final Metrics metrics;
    private final ByteBudget budget;
    private final Refusals refusals;
    private final HostNames hostNames;
    private final Fetcher fetcher;
    private final @Nullable Tls tls;
    private final EventLoopGroup loops;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final ServerSocketChannel listener;
    private final AtomicInteger underWay = new AtomicInteger();
    private volatile Serving serving;
    private volatile boolean stopping;
    private volatile String date = "";

    /**
     * What answers requests.
     *
     * @param workers does all but what is asked of videos; null while there is no route for it
     * @param videoWorkers does that; likewise
     * @param uploads takes what is too large for memory; likewise
     */
    private record Serving(
            Router router,
            @Nullable WorkerPool<Worker> workers,
            @Nullable WorkerPool<Worker> videoWorkers,
            @Nullable SpillFolder uploads) {}

    /**
     * Binds, and answers by those routes, which need no worker, until {@link #serve}.
     *
     * @param lifecycle followed here, and ended by {@link #drain} and {@link #close}
     * @param first tells how the server is, and refuses all else for now
     * @throws IOException if it cannot listen where it is told to
     */
    public HttpTransport(ServerConfig config, Lifecycle lifecycle, Router first, Gate gate, Metrics metrics)
            throws IOException {
        this.config = config;
        this.lifecycle = lifecycle;
        this.serving = new Serving(first, null, null, null);
        this.gate = gate;
        this.metrics = metrics;
        this.refusals = new Refusals(metrics);
        TlsFiles files = config.tls();
        this.tls = files == null ? null : new Tls(files, Duration.ofMillis(config.stallTimeoutMs()), metrics);
        this.budget = new ByteBudget(config.maxBodyBytesInFlight());
        metrics.gauge(
                "semblance.ready",
                "1 while requests are answered, a decoder has begun, and the server is not about to stop",
                () -> lifecycle.told() == Phase.READY ? 1 : 0);
        hostNames = new HostNames(config.bindAddress(), config.hostNames());
        fetcher = new Fetcher(new FetchSettings(
                config.fetchHosts(), config.fetchTimeoutMs(), config.maxFetches(), config.maxFetchesPerSecond()));
        measureFetches(null, "fetched");
        for (FetchFailedException.Reason reason : FetchFailedException.Reason.values()) {
            measureFetches(reason, reason.name().toLowerCase(Locale.ROOT));
        }
        metrics.gauge("semblance.connections", "Open connections", connections::size);
        metrics.gauge("semblance.body.bytes", "Bytes of bodies that are received or worked on", budget::used);
        metrics.gauge(
                "netty.direct.memory.bytes", "Direct memory of the transport", PlatformDependent::usedDirectMemory);
        tick();
        boolean epoll = Epoll.isAvailable();
        IoHandlerFactory io = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        LOG.info(epoll ? "I/O by epoll" : "I/O by NIO: there is no native epoll for this platform");
        loops = new MultiThreadIoEventLoopGroup(
                Math.max(1, Runtime.getRuntime().availableProcessors() / 2),
                new DefaultThreadFactory("http", true),
                io);
        loops.scheduleAtFixedRate(this::tick, 1, 1, TimeUnit.SECONDS);
        loops.scheduleAtFixedRate(refusals::report, 10, 10, TimeUnit.SECONDS);
        try {
            ServerBootstrap bootstrap = new ServerBootstrap();
            if (epoll) {
                bootstrap.option(Arrivals.NOTED, 1);
            }
            listener = (ServerSocketChannel) bootstrap
                    .group(loops)
                    .channel(epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
                    .option(ChannelOption.SO_BACKLOG, 1_024)
                    .option(ChannelOption.SO_REUSEADDR, true)
                    .childOption(ChannelOption.TCP_NODELAY, true)
                    // Nothing is read unless it is asked for.
                    .childOption(ChannelOption.AUTO_READ, false)
                    .childHandler(pipeline())
                    .bind(config.bindAddress(), config.port())
                    .syncUninterruptibly()
                    .channel();
        } catch (Exception e) {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            fetcher.close();
            closeTls();
            throw new IOException(
                    "cannot listen on " + config.bindAddress() + ":" + config.port() + ": " + e.getMessage(), e);
        }
    }

    /**
     * Answers by those routes from now on.
     *
     * @param workers does all but what is asked of videos
     * @param videoWorkers does that
     * @param uploads takes what is too large for memory; owned from now on
     */
    public void serve(Router router, WorkerPool<Worker> workers, WorkerPool<Worker> videoWorkers, SpillFolder uploads) {
        metrics.gauge("semblance.queue.depth", "Requests that wait for a worker", workers::queued);
        metrics.gauge("semblance.video.queue.depth", "Videos that wait for a worker", videoWorkers::queued);
        metrics.gauge("semblance.workers.busy", "Workers that have a request", workers::busy);
        metrics.gauge("semblance.video.workers.busy", "Workers that have a video", videoWorkers::busy);
        metrics.gauge(
                "semblance.upload.folder.bytes",
                "Bytes of the files of large uploads",
                () -> uploads.budget().used());
        serving = new Serving(router, workers, videoWorkers, uploads);
    }

    private void measureFetches(FetchFailedException.@Nullable Reason reason, String outcome) {
        metrics.counter(
                "semblance.fetches",
                "URLs that clients gave to be fetched, by what became of it",
                () -> fetcher.count(reason),
                "outcome",
                outcome);
    }

    private ChannelHandler pipeline() {
        return new ChannelInitializer<SocketChannel>() {
            @Override
            protected void initChannel(SocketChannel channel) {
                if (connections.size() >= config.maxConnections()) {
                    refusals.count("too many connections");
                    channel.close();
                    return;
                }
                connections.add(channel);
                Arrivals.watch(channel);
                channel.pipeline()
                        .addLast(
                                new LingeringClose(HttpTransport.this),
                                tls == null
                                        ? new FirstBytes(HttpTransport.this)
                                        : new FirstRecord(HttpTransport.this, tls));
            }
        };
    }

    private void tick() {
        date = DateFormatter.format(new Date());
    }

    /** The port it listens on. */
    public int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    public ServerConfig config() {
        return config;
    }

    Router router() {
        return serving.router;
    }

    WorkerPool<Worker> workers() {
        return Objects.requireNonNull(serving.workers);
    }

    WorkerPool<Worker> videoWorkers() {
        return Objects.requireNonNull(serving.videoWorkers);
    }

    Lifecycle lifecycle() {
        return lifecycle;
    }

    /** Whether each answer is to be the last on its connection. */
    boolean isEnding() {
        return lifecycle.isEnding();
    }

    /** A request has begun. */
    void begun() {
        underWay.incrementAndGet();
    }

    /** It has its answer, or its client is gone. */
    void ended() {
        underWay.decrementAndGet();
    }

    /** Null where it speaks none. */
    @Nullable
    Tls tls() {
        return tls;
    }

    Gate gate() {
        return gate;
    }

    Metrics metrics() {
        return metrics;
    }

    /** What bodies hold in memory. */
    public ByteBudget budget() {
        return budget;
    }

    public SpillFolder uploads() {
        return Objects.requireNonNull(serving.uploads);
    }

    /** The names by which it may be asked without a key. */
    HostNames hostNames() {
        return hostNames;
    }

    /** Brings the files that requests give the URL of. */
    Fetcher fetcher() {
        return fetcher;
    }

    Refusals refusals() {
        return refusals;
    }

    boolean stopping() {
        return stopping;
    }

    /** The Date field, right to a second. */
    String date() {
        return date;
    }

    /** How many connections are open. */
    public int connections() {
        return connections.size();
    }

    /**
     * Says from now on that it is not ready, and ends each connection with the answer that is next on it, so that clients and
     * those who share out requests go elsewhere. What comes all the same is answered.
     */
    public void drain() {
        lifecycle.end(Phase.DRAINING);
        for (Channel channel : connections) {
            channel.eventLoop().execute(() -> {
                Http1Connection http1 = channel.pipeline().get(Http1Connection.class);
                Http2Connection http2 = channel.pipeline().get(Http2Connection.class);
                if (http1 != null) {
                    http1.drain();
                } else if (http2 != null) {
                    http2.drain();
                }
            });
        }
    }

    /**
     * Waits until every request that is under way has been answered, while others are refused, and then closes the port and
     * all connections. The workers must still be running. What is not answered in time is cut off.
     */
    public void close(Duration atMost) {
        if (stopping) {
            return;
        }
        long deadline = System.nanoTime() + atMost.toNanos();
        drain();
        lifecycle.end(Phase.STOPPING);
        while (underWay.get() > 0 && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(LOOK_NANOS);
        }
        // First the listener: whoever sees a connection end may count on it that no new one is accepted.
        listener.close().syncUninterruptibly();
        stopping = true;
        for (Channel channel : connections) {
            channel.eventLoop().execute(() -> stop(channel));
        }
        long leftMs = Math.max(0, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()));
        if (!connections.newCloseFuture().awaitUninterruptibly(leftMs)) {
            LOG.warn(
                    "{} connections cut off, {} requests among them took too long", connections.size(), underWay.get());
            for (Channel channel : connections) {
                channel.eventLoop().execute(() -> LingeringClose.cutOff(channel));
            }
            connections.newCloseFuture().awaitUninterruptibly(500);
        }
        refusals.report();
        fetcher.close();
        SpillFolder uploads = serving.uploads;
        if (uploads != null) {
            uploads.close();
        }
        loops.shutdownGracefully(0, 500, TimeUnit.MILLISECONDS).awaitUninterruptibly(1_000);
        closeTls();
    }

    private void closeTls() {
        if (tls != null) {
            tls.close();
        }
    }

    /** Ends it once nothing is under way on it. */
    private static void stop(Channel channel) {
        Http1Connection http1 = channel.pipeline().get(Http1Connection.class);
        if (http1 != null) {
            http1.stop();
        } else if (channel.pipeline().get(Http2Connection.class) != null) {
            channel.close(); // It does that in order.
        } else {
            LingeringClose.cutOff(channel); // It has not said yet what it speaks.
        }
        LingeringClose.hurry(channel);
    }
}
