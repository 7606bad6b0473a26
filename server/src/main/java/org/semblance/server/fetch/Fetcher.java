package org.semblance.server.fetch;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.semblance.server.auth.RateLimit;
import org.semblance.server.fetch.FetchFailedException.Reason;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches files from hosts that the operator named, by HTTP and HTTPS, on threads of its own.
 *
 * <p>A URL is what a stranger gave, and the server may reach what the stranger must not. So nothing is asked of a host that
 * is not named; its name is resolved once, each of its addresses must be in public ({@link Addresses}), and the connection
 * goes to an address that was checked, whatever the name means a moment later. A redirect starts all over. No credentials
 * are sent, and TLS proves the name.
 */
public final class Fetcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Fetcher.class);

    /** For each that runs so many more may wait, within their time. */
    private static final int WAITING_FOR_EACH = 4;

    private static final int CONNECT_TIMEOUT_MS = 5_000;

    private final FetchSettings settings;
    private final FetchHosts hosts;
    private final Resolver resolver;
    private final @Nullable SslContext tls;
    private final UnaryOperator<InetSocketAddress> dialled;
    private final @Nullable EventLoopGroup loops;
    private final ExecutorService resolving;
    private final RateLimit rate = new RateLimit(System.nanoTime());
    private final AtomicBoolean warned = new AtomicBoolean();
    private final LongAdder fetched = new LongAdder();
    private final Map<Reason, LongAdder> failures = new EnumMap<>(Reason.class);

    /** Guarded by itself, as is what waits. */
    private final Set<Fetch> running = new HashSet<>();

    private final ArrayDeque<Fetch> waiting = new ArrayDeque<>();
    private boolean closed;

    /** Makes what takes a file: is given the thread on which that is called, and what to call when it has become ready. */
    @FunctionalInterface
    public interface Opening {
        /** @param goOn to be called on that thread */
        FetchSink open(Executor thread, Runnable goOn);
    }

    /** A fetch that has begun. */
    public interface Handle {
        /** Ends it, if it has not ended; it is told as {@link Reason#CANCELLED}. */
        void cancel();
    }

    public Fetcher(FetchSettings settings) {
        // The list of authorities takes a while to read.
        this(
                settings,
                Resolver.SYSTEM,
                settings.hosts().isEmpty() ? null : trustingTheUsual(),
                UnaryOperator.identity());
    }

    /**
     * @param tls null if nothing is fetched
     * @param dialled where a connection to an address that was checked goes; elsewhere than there in a test alone
     */
    Fetcher(
            FetchSettings settings,
            Resolver resolver,
            @Nullable SslContext tls,
            UnaryOperator<InetSocketAddress> dialled) {
        this.settings = settings;
        this.dialled = dialled;
        this.hosts = FetchHosts.of(settings.hosts());
        this.resolver = resolver;
        this.tls = tls;
        for (Reason reason : Reason.values()) {
            failures.put(reason, new LongAdder());
        }
        this.loops = hosts.isEmpty()
                ? null
                : new MultiThreadIoEventLoopGroup(
                        1, new DefaultThreadFactory("fetch", true), NioIoHandler.newFactory());
        this.resolving = resolvers(Math.max(1, settings.concurrent()));
    }

    /**
     * As many lookups may wait as may run: the thread of a lookup that has just answered needs a moment before it takes
     * the next one, and that next one must not be refused.
     */
    private static ExecutorService resolvers(int threads) {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                threads,
                threads,
                10,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(threads),
                Thread.ofPlatform().daemon().name("resolve-", 0).factory());
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    private static SslContext trustingTheUsual() {
        try {
            return SslContextBuilder.forClient().build();
        } catch (SSLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether any host is named. */
    public boolean isOn() {
        return loops != null;
    }

    /** Of those that ended in that way; null for those that gave a file. */
    public long count(@Nullable Reason reason) {
        LongAdder failed = reason == null ? fetched : failures.get(reason);
        return failed == null ? 0 : failed.sum();
    }

    /**
     * Begins to fetch a file, or puts it at the end of those that wait.
     *
     * @param opening called once, before {@code ended}
     * @param ended called once, on a thread of the fetcher, with null or with what the file was not fetched for: a {@link
     *     FetchFailedException} or what the sink threw. From then on the sink is left alone
     * @throws FetchFailedException if it will not be fetched
     */
    public Handle fetch(String url, Opening opening, Consumer<@Nullable RuntimeException> ended) {
        EventLoopGroup group = loops;
        try {
            if (group == null) {
                throw off();
            }
            FetchTarget target = FetchTarget.of(url, hosts);
            if (rate.take(settings.perSecond(), System.nanoTime()) > 0) {
                throw busy();
            }
            Fetch fetch = new Fetch(this, group.next(), target, opening, ended);
            admit(fetch);
            return fetch;
        } catch (FetchFailedException e) {
            count(e);
            throw e;
        }
    }

    /** The refusal of a server that fetches nothing; the first one is told in the log. */
    private FetchFailedException off() {
        if (warned.compareAndSet(false, true)) {
            LOG.warn(
                    "a client gave a URL to fetch, and this server fetches nothing: name hosts in fetch_hosts if it should;"
                            + " semblance_fetches_total counts the next ones");
        }
        return new FetchFailedException(Reason.OFF, "this server fetches nothing");
    }

    private static FetchFailedException busy() {
        return new FetchFailedException(Reason.BUSY, "too many files are being fetched");
    }

    private void admit(Fetch fetch) {
        synchronized (running) {
            if (closed || waiting.size() >= WAITING_FOR_EACH * settings.concurrent()) {
                throw busy();
            }
            if (running.size() >= settings.concurrent()) {
                waiting.add(fetch);
            } else {
                running.add(fetch);
            }
            fetch.expireAfter(settings.timeoutMs());
            if (running.contains(fetch)) {
                fetch.start();
            }
        }
    }

    /** From a fetch that has ended, whether it ran or waited. */
    void ended(Fetch fetch, @Nullable RuntimeException failure) {
        if (failure == null) {
            fetched.increment();
        } else {
            count(failure);
        }
        synchronized (running) {
            waiting.remove(fetch);
            if (running.remove(fetch)) {
                Fetch next = waiting.poll();
                if (next != null) {
                    running.add(next);
                    next.start();
                }
            }
        }
    }

    private void count(RuntimeException failure) {
        Reason reason = failure instanceof FetchFailedException failed ? failed.reason() : Reason.FAILED;
        LongAdder counter = failures.get(reason);
        if (counter != null) {
            counter.increment();
        }
    }

    FetchHosts hosts() {
        return hosts;
    }

    Resolver resolver() {
        return resolver;
    }

    SslContext tls() {
        return Objects.requireNonNull(tls);
    }

    /** Runs what may block for as long as a name takes. */
    void resolve(Runnable lookup) {
        try {
            resolving.execute(lookup);
        } catch (RejectedExecutionException e) {
            throw busy(); // Lookups whose fetches have given up still have all threads and places.
        }
    }

    /** Connects to an address that was checked, on that loop. */
    ChannelFuture connect(EventLoop loop, InetSocketAddress address, ChannelHandler handler) {
        return new Bootstrap()
                .group(loop)
                .handler(handler)
                .channel(NioSocketChannel.class)
                .disableResolver() // What is connected to is an address.
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Math.min(CONNECT_TIMEOUT_MS, settings.timeoutMs()))
                .connect(dialled.apply(address));
    }

    /** Ends all that are under way. */
    @Override
    public void close() {
        List<Fetch> all;
        synchronized (running) {
            closed = true;
            all = new ArrayList<>(waiting);
            all.addAll(running);
        }
        all.forEach(Fetch::cancel);
        resolving.shutdownNow();
        if (loops != null) {
            loops.shutdownGracefully(0, 500, TimeUnit.MILLISECONDS).awaitUninterruptibly(1_000);
        }
    }
}
