package org.semblance.server.fetch;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;
import org.semblance.server.fetch.FetchFailedException.Reason;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One file on its way, over as many hosts as it is redirected to. All of it happens on one event loop, but for the lookup of names. */
final class Fetch implements Fetcher.Handle {
    private static final Logger LOG = LoggerFactory.getLogger(Fetch.class);

    private static final int MAX_REDIRECTS = 5;
    private static final int MAX_LINE_BYTES = 8_192;
    private static final int MAX_HEADER_BYTES = 32_768;
    private static final int MAX_CHUNK_BYTES = 65_536;
    private static final int OK = 200;
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

    private final Fetcher fetcher;
    private final EventLoop loop;
    private final FetchSink sink;
    private final Consumer<@Nullable RuntimeException> ended;
    private FetchTarget target;
    private int redirects;
    private @Nullable Future<?> timeout;
    private @Nullable Channel channel;
    private boolean received;
    private boolean over;

    Fetch(
            Fetcher fetcher,
            EventLoop loop,
            FetchTarget target,
            Fetcher.Opening opening,
            Consumer<@Nullable RuntimeException> ended) {
        this.fetcher = fetcher;
        this.loop = loop;
        this.target = target;
        this.ended = ended;
        this.sink = opening.open(loop, this::goOn);
    }

    void expireAfter(long ms) {
        timeout = loop.schedule(
                () -> finish(FetchFailedException.failed("it took longer than " + ms + " ms")),
                ms,
                TimeUnit.MILLISECONDS);
    }

    void start() {
        loop.execute(this::resolve);
    }

    @Override
    public void cancel() {
        try {
            loop.execute(() -> finish(new FetchFailedException(Reason.CANCELLED, "nobody waits for it")));
        } catch (RejectedExecutionException e) {
            LOG.debug("the fetcher has stopped", e);
        }
    }

    /** Asks for the addresses of the host, once for each URL: what is connected to is one of those. */
    private void resolve() {
        if (over) {
            return;
        }
        FetchTarget of = target;
        InetAddress given = of.named().address();
        if (given != null) {
            connect(of, List.of(given));
            return;
        }
        try {
            fetcher.resolve(() -> {
                Runnable next;
                try {
                    List<InetAddress> addresses = fetcher.resolver().resolve(of.host());
                    next = () -> connect(of, addresses);
                } catch (UnknownHostException e) {
                    next = () -> finish(FetchFailedException.failed("its host has no address"));
                } catch (RuntimeException e) {
                    LOG.debug("a name could not be resolved", e);
                    next = () -> finish(FetchFailedException.failed("its host's address could not be found"));
                }
                try {
                    loop.execute(next);
                } catch (RejectedExecutionException e) {
                    LOG.debug("the fetcher has stopped", e);
                }
            });
        } catch (FetchFailedException e) {
            finish(e);
        }
    }

    private void connect(FetchTarget to, List<InetAddress> addresses) {
        if (over) {
            return;
        }
        try {
            InetSocketAddress address = new InetSocketAddress(to.vetted(addresses), to.port());
            fetcher.connect(loop, address, pipeline(to)).addListener(done -> {
                if (!done.isSuccess()) {
                    finish(failure(done.cause()));
                }
            });
        } catch (FetchFailedException e) {
            finish(e);
        }
    }

    private ChannelInitializer<Channel> pipeline(FetchTarget to) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel made) {
                channel = made;
                if (over) {
                    made.close();
                    return;
                }
                if (to.secure()) {
                    made.pipeline().addLast(tls(made, to));
                }
                made.pipeline()
                        .addLast(
                                new HttpClientCodec(MAX_LINE_BYTES, MAX_HEADER_BYTES, MAX_CHUNK_BYTES), new Answer(to));
            }
        };
    }

    private SslHandler tls(Channel made, FetchTarget to) {
        // The name goes out as SNI, where it is one, and the certificate has to have it.
        String name =
                to.host().startsWith("[") ? to.host().substring(1, to.host().length() - 1) : to.host();
        SslHandler handler = fetcher.tls().newHandler(made.alloc(), name, to.port());
        SSLParameters parameters = handler.engine().getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        handler.engine().setSSLParameters(parameters);
        return handler;
    }

    private static FullHttpRequest request(FetchTarget to) {
        FullHttpRequest request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, to.path());
        request.headers()
                .set(HttpHeaderNames.HOST, to.hostField())
                .set(HttpHeaderNames.USER_AGENT, "semblance")
                .set(HttpHeaderNames.ACCEPT, "*/*")
                .set(HttpHeaderNames.ACCEPT_ENCODING, HttpHeaderValues.IDENTITY)
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        return request;
    }

    /** What comes back from one host. */
    private final class Answer extends SimpleChannelInboundHandler<HttpObject> {
        private final FetchTarget from;

        /** Of an answer before the answer. */
        private boolean isInterim;

        private boolean hasBegun;

        Answer(FetchTarget from) {
            this.from = from;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            context.writeAndFlush(request(from));
            context.read();
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, HttpObject piece) {
            if (isStale(context)) {
                return;
            }
            try {
                if (piece.decoderResult().isFailure()) {
                    throw FetchFailedException.failed("its host's answer is not valid HTTP");
                }
                if (piece instanceof HttpResponse response) {
                    head(context, response);
                }
                if (piece instanceof HttpContent content && !isStale(context)) {
                    body(content);
                }
            } catch (RuntimeException e) {
                finish(e);
            }
        }

        private boolean isStale(ChannelHandlerContext context) {
            return over || context.channel() != channel;
        }

        private void head(ChannelHandlerContext context, HttpResponse response) {
            int status = response.status().code();
            HttpHeaders headers = response.headers();
            isInterim = response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
            if (isInterim) {
                return;
            }
            if (REDIRECTS.contains(status)) {
                String location = headers.get(HttpHeaderNames.LOCATION);
                if (location == null || redirects++ == MAX_REDIRECTS) {
                    throw FetchFailedException.failed(
                            location == null
                                    ? "its host redirects to nowhere"
                                    : "more than " + MAX_REDIRECTS + " redirects");
                }
                target = from.redirected(location, fetcher.hosts());
                channel = null;
                context.close();
                resolve();
                return;
            }
            if (status != OK) {
                throw FetchFailedException.failed("its host answered " + status);
            }
            String coding = headers.get(HttpHeaderNames.CONTENT_ENCODING);
            if (coding != null && !coding.isBlank() && !coding.equalsIgnoreCase("identity")) {
                throw FetchFailedException.failed("its host answered in a coding that was not asked for");
            }
            String type = headers.get(HttpHeaderNames.CONTENT_TYPE, "").split(";", 2)[0];
            hasBegun = true;
            sink.begin(type.strip().toLowerCase(Locale.ROOT), HttpUtil.getContentLength(response, -1L));
        }

        private void body(HttpContent content) {
            if (isInterim) {
                return;
            }
            if (content.content().isReadable()) {
                sink.add(content.content());
            }
            if (content instanceof LastHttpContent) {
                received = true;
                sink.end();
                goOn();
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            if (!isStale(context) && !received && sink.isReady()) {
                context.read();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (!isStale(context) && !received) {
                finish(FetchFailedException.failed(
                        hasBegun ? "its host cut it off" : "its host closed the connection without an answer"));
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (!isStale(context) && !received) {
                finish(failure(cause));
            }
        }
    }

    /** Goes on after the sink had to wait, or ends. */
    private void goOn() {
        if (over) {
            return;
        }
        try {
            sink.check();
            if (!sink.isReady()) {
                return;
            }
            Channel from = channel;
            if (received) {
                finish(null);
            } else if (from != null) {
                from.read();
            }
        } catch (RuntimeException e) {
            finish(e);
        }
    }

    /** In fixed words: what a system says of an address is not for strangers. */
    private static RuntimeException failure(Throwable cause) {
        LOG.debug("a fetch failed", cause);
        Throwable root = cause;
        while (root.getCause() != null && !(root instanceof SSLException)) {
            root = root.getCause();
        }
        if (root instanceof SSLException) {
            return FetchFailedException.failed("its host has no certificate that is trusted for its name, or no TLS");
        }
        return FetchFailedException.failed(
                cause instanceof ConnectTimeoutException
                        ? "its host cannot be connected to in time"
                        : "its host cannot be connected to, or broke the connection off");
    }

    private void finish(@Nullable RuntimeException failure) {
        if (over) {
            return;
        }
        over = true;
        Future<?> waiting = timeout;
        if (waiting != null) {
            waiting.cancel(false);
        }
        Channel open = channel;
        if (open != null) {
            open.close();
        }
        fetcher.ended(this, failure);
        ended.accept(failure);
    }
}
