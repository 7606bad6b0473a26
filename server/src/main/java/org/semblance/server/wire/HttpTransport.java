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
import java.time.Duration;
import java.util.Date;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.config.TlsFiles;
import org.semblance.server.http.Lifecycle;
import org.semblance.server.http.Phase;
import org.semblance.server.http.Refusals;
import org.semblance.server.metrics.Metrics;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The listening socket, the event loops and the connections. Handlers that it is given answer the requests. */
public final class HttpTransport {
    /** How often it looks, while it stops, whether requests are under way. */
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private static final Logger LOG = LoggerFactory.getLogger(HttpTransport.class);

    private final Shared shared;
    private final Lifecycle lifecycle;
    private final @Nullable Tls tls;
    private final EventLoopGroup loops;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final ServerSocketChannel listener;
    private volatile String date = DateFormatter.format(new Date());

    /**
     * Listens.
     *
     * @param handlers makes the handler of each request
     * @param lifecycle read by all connections; {@link #drain} and {@link #close} bring it to its end
     * @throws IOException if it cannot listen where it is told to
     * @throws org.semblance.server.tls.TlsRefusedException if the certificate or its key cannot be used
     */
    public HttpTransport(
            ServerConfig config,
            RequestHandler.Factory handlers,
            Lifecycle lifecycle,
            Refusals refusals,
            Metrics metrics)
            throws IOException {
        this.shared = new Shared(config, handlers, lifecycle, refusals, () -> date);
        this.lifecycle = lifecycle;
        TlsFiles files = config.tls();
        this.tls = files == null ? null : new Tls(files, Duration.ofMillis(config.stallTimeoutMs()), metrics);
        metrics.gauge("semblance.connections", "Open connections", connections::size);
        metrics.gauge(
                "netty.direct.memory.bytes", "Direct memory of the transport", PlatformDependent::usedDirectMemory);
        boolean epoll = Epoll.isAvailable();
        IoHandlerFactory io = epoll ? EpollIoHandler.newFactory(0, Vigil::new) : NioIoHandler.newFactory();
        LOG.info(epoll ? "I/O by epoll" : "I/O by NIO: there is no native epoll for this platform");
        loops = new MultiThreadIoEventLoopGroup(
                Runtime.getRuntime().availableProcessors(), // The loops answer lookups themselves.
                new DefaultThreadFactory("http", true),
                io);
        loops.scheduleAtFixedRate(() -> date = DateFormatter.format(new Date()), 1, 1, TimeUnit.SECONDS);
        loops.scheduleAtFixedRate(refusals::report, 10, 10, TimeUnit.SECONDS);
        try {
            listener = listen(config, epoll);
        } catch (Exception e) {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            closeTls();
            throw new IOException(
                    "cannot listen on " + config.bindAddress() + ":" + config.port() + ": " + e.getMessage(), e);
        }
    }

    private ServerSocketChannel listen(ServerConfig config, boolean epoll) {
        ServerBootstrap bootstrap = new ServerBootstrap();
        if (epoll) {
            bootstrap.option(Arrivals.NOTED, 1);
        }
        return (ServerSocketChannel) bootstrap
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
    }

    private ChannelHandler pipeline() {
        return new ChannelInitializer<SocketChannel>() {
            @Override
            protected void initChannel(SocketChannel channel) {
                if (connections.size() >= shared.config().maxConnections()) {
                    shared.refusals().count("too many connections");
                    channel.close();
                    return;
                }
                connections.add(channel);
                Arrivals.watch(channel);
                channel.pipeline()
                        .addLast(
                                new LingeringClose(shared),
                                tls == null ? new FirstBytes(shared) : new FirstRecord(shared, tls));
            }
        };
    }

    /** The port it listens on. */
    public int port() {
        return listener.localAddress().getPort();
    }

    /** Null where it speaks none. */
    @Nullable
    Tls tls() {
        return tls;
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
        lifecycle.enter(Phase.DRAINING);
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
     * Stops the transport, while the workers still run. A second call does nothing. In this order:
     *
     * <ol>
     *   <li>New requests are refused, and requests under way are answered, until the time is over.
     *   <li>The port closes, before any connection does: a client that sees its connection end must not get a new one.
     *   <li>Each connection ends as soon as no request is under way on it. When the time is over, the rest are cut off.
     *   <li>The event loops end, after the last connection, which needed them. TLS closes last.
     * </ol>
     */
    public void close(Duration atMost) {
        if (lifecycle.hasReached(Phase.STOPPED)) {
            return;
        }
        long deadline = System.nanoTime() + atMost.toNanos();
        drain();
        lifecycle.enter(Phase.STOPPING);
        while (lifecycle.underWay() > 0 && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(LOOK_NANOS);
        }
        listener.close().syncUninterruptibly();
        lifecycle.enter(Phase.STOPPED);
        for (Channel channel : connections) {
            channel.eventLoop().execute(() -> stop(channel));
        }
        long leftMs = Math.max(0, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()));
        if (!connections.newCloseFuture().awaitUninterruptibly(leftMs)) {
            LOG.warn(
                    "{} connections cut off, {} requests among them took too long",
                    connections.size(),
                    lifecycle.underWay());
            for (Channel channel : connections) {
                channel.eventLoop().execute(() -> LingeringClose.cutOff(channel));
            }
            connections.newCloseFuture().awaitUninterruptibly(500);
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
            channel.close(); // HTTP/2 closes in order.
        } else {
            LingeringClose.cutOff(channel); // The client has not said yet what it speaks.
        }
        LingeringClose.hurry(channel);
    }
}
