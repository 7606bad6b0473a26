package org.semblance.server.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
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
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.semblance.hashdb.HashDb;
import org.semblance.server.auth.Gate;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.exchange.Exchanges;
import org.semblance.server.metrics.Metrics;
import org.semblance.server.work.Worker;
import org.semblance.server.work.WorkerPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The listening socket, the event loops and what all connections share. */
public final class HttpTransport {
    private static final Logger LOG = LoggerFactory.getLogger(HttpTransport.class);

    private final ServerConfig config;
    private final Router router;
    private final WorkerPool<Worker> workers;
    private final WorkerPool<Worker> videoWorkers;
    private final Gate gate;
    private final Metrics metrics;
    private final ByteBudget budget;
    private final SpillFolder uploads;
    private final Refusals refusals;
    private final EventLoopGroup loops;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final ServerSocketChannel listener;
    private volatile boolean stopping;
    private volatile String date = "";

    /**
     * Binds and begins to answer, in both dialects.
     *
     * @param videoWorkers does what is asked of videos
     * @param workers does all else
     * @throws IOException if it cannot listen where it is told to, or large uploads cannot be stored where it is told to
     */
    public static HttpTransport start(
            ServerConfig config,
            HashDb db,
            Exchanges exchanges,
            WorkerPool<Worker> workers,
            WorkerPool<Worker> videoWorkers,
            Gate gate,
            Metrics metrics)
            throws IOException {
        return new HttpTransport(
                config,
                new Router(routes(db, exchanges, gate, metrics)),
                workers,
                videoWorkers,
                gate,
                metrics,
                SpillFolder.open(config));
    }

    /** The routes of both dialects. */
    static List<Route> routes(HashDb db, Exchanges exchanges, Gate gate, Metrics metrics) {
        List<Route> routes = new ArrayList<>(new NativeRoutes(db, gate, metrics).routes());
        routes.addAll(new HmaRoutes(db, exchanges).routes());
        return routes;
    }

    /** Owns {@code uploads}. */
    HttpTransport(
            ServerConfig config,
            Router router,
            WorkerPool<Worker> workers,
            WorkerPool<Worker> videoWorkers,
            Gate gate,
            Metrics metrics,
            SpillFolder uploads)
            throws IOException {
        this.config = config;
        this.router = router;
        this.workers = workers;
        this.videoWorkers = videoWorkers;
        this.uploads = uploads;
        this.gate = gate;
        this.metrics = metrics;
        this.refusals = new Refusals(metrics);
        this.budget = new ByteBudget(config.maxBodyBytesInFlight());
        metrics.gauge("semblance.queue.depth", "Requests that wait for a worker", workers::queued);
        metrics.gauge("semblance.video.queue.depth", "Videos that wait for a worker", videoWorkers::queued);
        metrics.gauge("semblance.workers.busy", "Workers that have a request", workers::busy);
        metrics.gauge("semblance.video.workers.busy", "Workers that have a video", videoWorkers::busy);
        metrics.gauge("semblance.connections", "Open connections", connections::size);
        metrics.gauge("semblance.body.bytes", "Bytes of bodies that are received or worked on", budget::used);
        metrics.gauge(
                "semblance.upload.folder.bytes",
                "Bytes of the files of large uploads",
                () -> uploads.budget().used());
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
            listener = (ServerSocketChannel) new ServerBootstrap()
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
            uploads.close();
            throw new IOException(
                    "cannot listen on " + config.bindAddress() + ":" + config.port() + ": " + e.getMessage(), e);
        }
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
                channel.pipeline().addLast(new FirstBytes(HttpTransport.this));
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

    ServerConfig config() {
        return config;
    }

    Router router() {
        return router;
    }

    WorkerPool<Worker> workers() {
        return workers;
    }

    WorkerPool<Worker> videoWorkers() {
        return videoWorkers;
    }

    Gate gate() {
        return gate;
    }

    Metrics metrics() {
        return metrics;
    }

    /** What bodies hold in memory. */
    ByteBudget budget() {
        return budget;
    }

    SpillFolder uploads() {
        return uploads;
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
    int connections() {
        return connections.size();
    }

    /**
     * Accepts nothing more, ends idle connections, and waits until every request that is under way has been answered.
     * The workers must still be running. What is not answered in time is cut off.
     */
    public void close(Duration atMost) {
        if (stopping) {
            return;
        }
        // First the listener: whoever sees a connection end may count on it that no new one is accepted.
        listener.close().syncUninterruptibly();
        stopping = true;
        for (Channel channel : connections) {
            channel.eventLoop().execute(() -> stop(channel));
        }
        if (!connections.newCloseFuture().awaitUninterruptibly(atMost.toMillis())) {
            LOG.warn("{} connections cut off: their requests took too long", connections.size());
            for (Channel channel : connections) {
                channel.eventLoop().execute(() -> cutOff(channel));
            }
            connections.newCloseFuture().awaitUninterruptibly(500);
        }
        refusals.report();
        uploads.close();
        loops.shutdownGracefully(0, 500, TimeUnit.MILLISECONDS).awaitUninterruptibly(1_000);
    }

    /** Ends it once nothing is under way on it. */
    private static void stop(Channel channel) {
        Http1Connection connection = channel.pipeline().get(Http1Connection.class);
        if (connection != null) {
            connection.stop();
        } else {
            channel.close(); // HTTP/2 does that in order.
        }
    }

    /** Ends it, whatever any handler would wait for. */
    private static void cutOff(Channel channel) {
        ChannelHandlerContext first = channel.pipeline().firstContext();
        if (first != null) {
            first.close();
        }
    }
}
