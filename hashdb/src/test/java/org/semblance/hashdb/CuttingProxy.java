package org.semblance.hashdb;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Passes bytes on between a client and a server of PostgreSQL, and can cut a connection at the moment that it commits: after the
 * server was told to, so that the client never hears how it went, or before.
 */
final class CuttingProxy implements AutoCloseable {
    /** The driver prepares a statement that it runs often, and calls it by a name from then on. */
    private static final Pattern PREPARED = Pattern.compile("(S_\\d+)\0COMMIT\0");

    /** What only a connection that changes something asks for. */
    private static final String LOCK = "FOR UPDATE";

    private final ServerSocket listener;
    private final int port;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger cuts = new AtomicInteger();
    private volatile Cut next = Cut.NONE;

    /** What becomes of the next commit. */
    enum Cut {
        NONE,
        AFTER_COMMIT,
        BEFORE_COMMIT,

        /** Not at a commit: in the midst of many rows the client says no more, and does not go. */
        STALL
    }

    /** @param port of the server on this machine */
    CuttingProxy(int port) throws IOException {
        this.port = port;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Cuts one connection, the next that commits a change. */
    void cut(Cut how) {
        next = how;
    }

    /** How many connections were cut. */
    int cuts() {
        return cuts.get();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), port);
                sockets.add(client);
                sockets.add(server);
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                Thread.ofVirtual().start(() -> pass(client, server, true));
                Thread.ofVirtual().start(() -> pass(server, client, false));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void pass(Socket from, Socket to, boolean fromClient) {
        byte[] bytes = new byte[1 << 16];
        boolean writes = false;
        String prepared = "COMMIT";
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
                String text = new String(bytes, 0, count, StandardCharsets.ISO_8859_1);
                writes |= fromClient && text.contains(LOCK);
                Matcher named = PREPARED.matcher(text);
                boolean commits = writes && (text.contains("COMMIT\0") || text.contains("\0" + prepared + "\0"));
                if (named.find()) {
                    prepared = named.group(1);
                }
                if (writes && next == Cut.STALL && count == bytes.length) {
                    next = Cut.NONE;
                    cuts.incrementAndGet();
                    out.write(bytes, 0, count);
                    return; // The sockets stay open.
                }
                Cut how = commits && next != Cut.STALL ? next : Cut.NONE;
                if (how != Cut.NONE) {
                    next = Cut.NONE;
                    cuts.incrementAndGet();
                    // The client is gone before the server can have answered.
                    from.close();
                }
                if (how != Cut.BEFORE_COMMIT) {
                    out.write(bytes, 0, count);
                }
                if (how != Cut.NONE) {
                    to.shutdownOutput();
                    return;
                }
            }
        } catch (IOException e) {
            // One of the two has gone.
        }
        try {
            from.close();
            to.close();
        } catch (IOException e) {
            // They are closed.
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
