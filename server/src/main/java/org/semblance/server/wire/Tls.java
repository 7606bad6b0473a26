package org.semblance.server.wire;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProtocols;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.semblance.server.config.Setting;
import org.semblance.server.config.TlsFiles;
import org.semblance.server.metrics.Metrics;
import org.semblance.server.tls.Identity;
import org.semblance.server.tls.TlsRefusedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The TLS that a transport speaks: 1.3 and 1.2, and by ALPN HTTP/2 or HTTP/1.1, by BoringSSL where it loads and else by the
 * JDK.
 *
 * <p>Its files are read again from time to time. A certificate that was renewed is for the connections that come from then
 * on; files that cannot be used change nothing, but for a line in the log.
 */
public final class Tls implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Tls.class);
    private static final long LOOK_SECONDS = 30;

    private final TlsFiles files;
    private final Duration handshakeTimeout;
    private final LongAdder failures = new LongAdder();
    private final ScheduledExecutorService follower = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("tls").factory());
    private volatile Identity identity;
    private SslContext context;
    private boolean closed;

    /** What the follower complained of last. */
    private @Nullable String complaint;

    /**
     * Reads the files, and looks at them again from then on.
     *
     * @param handshakeTimeout how long a client may take until it has agreed on a key
     * @throws TlsRefusedException if they cannot be used
     */
    Tls(TlsFiles files, Duration handshakeTimeout, Metrics metrics) {
        this.files = files;
        this.handshakeTimeout = handshakeTimeout;
        identity = Identity.read(files);
        context = context(identity);
        if (OpenSsl.isAvailable()) {
            LOG.info("TLS by {}", OpenSsl.versionString());
        } else {
            LOG.warn("TLS by the JDK, which is slower: {}", whyNoBoringSsl());
        }
        tell();
        metrics.gauge(
                "semblance.tls.certificate.expiry.seconds",
                "Time until the certificate, or one that it depends on, ends",
                () -> Duration.between(Instant.now(), identity.expires()).toSeconds());
        metrics.counter(
                "semblance.tls.handshake.failures", "TLS handshakes that failed or took too long", failures::sum);
        follower.scheduleWithFixedDelay(this::look, LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
    }

    /** Why TLS is not by BoringSSL, or null if it is. */
    public static @Nullable String whyNoBoringSsl() {
        Throwable cause = OpenSsl.unavailabilityCause();
        return cause == null ? null : "BoringSSL does not load here: " + cause.getMessage();
    }

    private SslContext context(Identity of) {
        boolean boringSsl = OpenSsl.isAvailable();
        try {
            return SslContextBuilder.forServer(of.key(), of.chain())
                    .sslProvider(boringSsl ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK)
                    .protocols(SslProtocols.TLS_v1_3, SslProtocols.TLS_v1_2)
                    // The suites of 1.2 that HTTP/2 allows: with forward secrecy and authenticated encryption.
                    .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
                    .applicationProtocolConfig(new ApplicationProtocolConfig(
                            ApplicationProtocolConfig.Protocol.ALPN,
                            ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                            ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                            ApplicationProtocolNames.HTTP_2,
                            ApplicationProtocolNames.HTTP_1_1))
                    .build();
        } catch (SSLException | IllegalArgumentException e) {
            throw new TlsRefusedException(
                    Setting.TLS_CERTIFICATE,
                    files.certificate(),
                    "not taken by " + (boringSsl ? OpenSsl.versionString() : "the JDK") + ": " + e.getMessage(),
                    "RSA, or EC as of P-256",
                    e);
        }
    }

    private void tell() {
        LOG.info("certificate of {}", identity.describe());
        identity.warnings(files, Instant.now()).forEach(LOG::warn);
    }

    /** Takes over what changed in the files since the last time. */
    void look() {
        try {
            Identity now = Identity.read(files);
            complaint = null;
            if (!now.equals(identity)) {
                swap(context(now));
                identity = now;
                tell();
            }
        } catch (RuntimeException e) {
            String text = String.valueOf(e.getMessage());
            if (!text.equals(complaint)) {
                complaint = text;
                LOG.error("{}; the certificate from before stays in use, until {}", text, identity.expires());
            }
        }
    }

    private synchronized void swap(SslContext next) {
        if (closed) {
            ReferenceCountUtil.release(next);
        } else {
            ReferenceCountUtil.release(context); // Its connections hold on to it.
            context = next;
        }
    }

    /** For one connection. */
    synchronized SslHandler handler(ByteBufAllocator alloc) {
        SslHandler handler = context.newHandler(alloc);
        handler.setHandshakeTimeoutMillis(handshakeTimeout.toMillis());
        return handler;
    }

    Duration handshakeTimeout() {
        return handshakeTimeout;
    }

    /** A client and the server did not come to terms. */
    void failed(@Nullable Throwable cause) {
        failures.increment();
        LOG.debug("no TLS with a client", cause);
    }

    /** Once there are no more connections. */
    @Override
    public synchronized void close() {
        follower.shutdownNow();
        if (!closed) {
            closed = true;
            ReferenceCountUtil.release(context);
        }
    }
}
