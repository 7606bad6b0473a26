package org.semblance.server.wire;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2SettingsFrame;
import io.netty.util.ReferenceCountUtil;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.http.Phase;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of HTTP/2: how many streams it may have at a time, how much they may hold, and when it ends.
 *
 * <p>It ends when it had no stream for as long as an idle connection of HTTP/1.1 may stay: what is no request, a ping for
 * one, does not keep it. A client that floods it with what costs it little and us something, which is streams it takes
 * back or brings us to reset, pings, settings, heads in a thousand pieces, is told to calm down and loses the connection.
 */
final class Http2Connection extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(Http2Connection.class);

    /** Requests at a time. */
    static final int MAX_STREAMS = 100;

    /** Bytes of a body that may be on their way or wait; of all bodies of a connection it is less than twice as many. */
    static final int WINDOW_BYTES = 262_144;

    /**
     * Streams that a client may take back in so many seconds, or have us reset, and other frames that are no request nor part
     * of one. Netty counts the first, and of the second only some.
     */
    static final int MAX_RESETS = 500;

    static final int MAX_CONTROL_FRAMES = 1_000;
    static final int WINDOW_SECONDS = 30;

    private final Shared shared;
    private @Nullable ChannelHandlerContext ctx;
    private @Nullable Alarm alarm;
    private boolean ended;
    /** Whether the client has begun to speak HTTP/2. */
    private boolean greeted;

    private final Set<Http2Stream> streams = new HashSet<>();
    private final Flood controlFrames = new Flood(MAX_CONTROL_FRAMES);
    private final Flood resets = new Flood(MAX_RESETS);

    /** Counts what there may be so many of in a while. */
    private static final class Flood {
        private final int most;
        private int count;
        private long sinceNanos = System.nanoTime();

        Flood(int most) {
            this.most = most;
        }

        /** Counts one. Returns whether there are just too many now. */
        boolean rises() {
            long now = System.nanoTime();
            if (now - sinceNanos > TimeUnit.SECONDS.toNanos(WINDOW_SECONDS)) {
                sinceNanos = now;
                count = 0;
            }
            return ++count == most;
        }
    }

    private Http2Connection(Shared shared) {
        this.shared = shared;
    }

    /** Has the channel of that pipeline speak HTTP/2 from now on. Returns the codec, which has greeted the client already. */
    static Http2FrameCodec addTo(ChannelPipeline pipeline, Shared shared) {
        ServerConfig config = shared.config();
        Http2FrameCodec codec = Http2FrameCodecBuilder.forServer()
                .initialSettings(Http2Settings.defaultSettings()
                        .maxConcurrentStreams(MAX_STREAMS)
                        .initialWindowSize(WINDOW_BYTES)
                        .maxHeaderListSize(config.maxHeaderBytes()))
                .decoderEnforceMaxRstFramesPerWindow(MAX_RESETS, WINDOW_SECONDS)
                .encoderEnforceMaxRstFramesPerWindow(MAX_RESETS, WINDOW_SECONDS)
                .gracefulShutdownTimeoutMillis(config.drainMs() + config.stopTimeoutMs())
                .build();
        Http2Connection connection = new Http2Connection(shared);
        codec.connection().addListener(new Http2ConnectionAdapter() {
            @Override
            public void onStreamClosed(io.netty.handler.codec.http2.Http2Stream stream) {
                if (stream.isResetSent()) {
                    connection.reset();
                }
            }
        });
        pipeline.addLast(codec);
        pipeline.addLast(new Http2MultiplexHandler(new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel stream) {
                stream.config().setOption(ChannelOption.AUTO_READ, false);
                stream.pipeline().addLast(new Http2Stream(shared, connection));
            }
        }));
        pipeline.addLast(connection);
        return codec;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        this.ctx = ctx;
        Alarm idle = new Alarm(ctx.executor(), ctx::close);
        idle.set(shared.config().idleTimeoutMs());
        alarm = idle;
        // The windows of its streams bound what it may send.
        ctx.channel().config().setAutoRead(true);
        if (shared.lifecycle().hasReached(Phase.STOPPED)) {
            ctx.close();
        }
    }

    /** A stream has begun. */
    void opened(Http2Stream stream) {
        streams.add(stream);
        if (alarm != null) {
            alarm.clear();
        }
    }

    /** One has ended. */
    void closed(Http2Stream stream) {
        streams.remove(stream);
        if (streams.isEmpty() && alarm != null && !ended) {
            alarm.set(shared.config().idleTimeoutMs());
        }
    }

    /** The server is about to stop: no new stream is taken, and answers without an end get one. */
    void drain() {
        end();
        List.copyOf(streams).forEach(Http2Stream::drain);
    }

    /** Tells the client to open no more streams here, and ends when those it has are answered. */
    void end() {
        if (ctx != null) {
            // The codec does that in order: GOAWAY, and the end after the last answer; but not from within a write.
            Channel channel = ctx.channel();
            ctx.executor().execute(channel::close);
        }
    }

    /** What is no part of a request: the codec has done already what it asks for. */
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ReferenceCountUtil.release(message);
        greeted |= message instanceof Http2SettingsFrame;
        if (message instanceof Http2GoAwayFrame) {
            return;
        }
        if (controlFrames.rises()) {
            shared.refusals().count("too many control frames of HTTP/2");
            ctx.channel().config().setAutoRead(false);
            ctx.writeAndFlush(calm()).addListener(ChannelFutureListener.CLOSE);
        }
    }

    /**
     * The server has reset a stream. A client that is refused its bodies under load means no harm, so what else it has under way
     * is still answered, but no stream that is new: at once, since thousands may be read already.
     */
    private void reset() {
        ChannelHandlerContext it = ctx;
        if (resets.rises() && it != null) {
            shared.refusals().count("too many streams of HTTP/2 had to be reset");
            it.writeAndFlush(calm());
            end();
        }
    }

    private static Http2GoAwayFrame calm() {
        return new DefaultHttp2GoAwayFrame(Http2Error.ENHANCE_YOUR_CALM, Unpooled.EMPTY_BUFFER);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        ended = true;
        if (alarm != null) {
            alarm.cancel();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!greeted && cause instanceof IndexOutOfBoundsException) {
            // After an upgrade came HTTP/1 once more, and Netty 4.2 fails where it wants to quote it
            // (Http2ConnectionHandler.readClientPrefaceString).
            LOG.debug("connection ended by its client: no preface of HTTP/2", cause);
        } else {
            Faults.log(LOG, "connection", cause);
        }
        if (!(cause instanceof Http2Exception)) { // which the codec answers
            ctx.close();
        }
    }
}
