package org.semblance.bench.nodes;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Stands between nodes and a PostgreSQL and reads what they say to each other. It can cut a connection at the moment in which a change
 * is committed, and keep the word of changes from nodes that wait for it.
 */
final class Proxy implements AutoCloseable {
    private static final int BUFFER = 1 << 16;
    private static final int SSL_REQUEST = 80877103;
    private static final int GSS_REQUEST = 80877104;

    /** A statement that is run by no transaction but those that change the list. */
    private static final String CHANGES = "UPDATE head SET";

    private final ServerSocket listener;
    private final int server;
    private final SplittableRandom random;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Map<Cut, Integer> cuts = new EnumMap<>(Cut.class);
    private volatile int oneIn;
    private volatile boolean mute;

    /** When a connection is cut, and so whether the server has heard of the commit. */
    enum Cut {
        /** The server has not heard of the commit. */
        BEFORE,
        /** The server has heard a part of the commit. */
        WITHIN,
        /** The server has heard the commit, and the server's answer goes nowhere. */
        AFTER,
        /** The server has answered the commit, and the node does not hear the answer. */
        ANSWERED
    }

    /** @param server the port of the server on this machine */
    Proxy(int server, long seed) throws IOException {
        this.server = server;
        this.random = new SplittableRandom(seed);
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Cuts one in so many commits of changes, at random; none if 0. */
    void cutOneIn(int commits) {
        oneIn = commits;
    }

    /** Keeps word of changes from the nodes. */
    void mute() {
        mute = true;
    }

    /** How many commits were cut so far. */
    synchronized int cuts(Cut how) {
        return cuts.getOrDefault(how, 0);
    }

    /** How the next commit is cut; null if it passes. */
    private synchronized @Nullable Cut nextCut() {
        int share = oneIn;
        if (share == 0 || random.nextInt(share) > 0) {
            return null;
        }
        Cut how = Cut.values()[random.nextInt(Cut.values().length)];
        cuts.merge(how, 1, Integer::sum);
        return how;
    }

    private synchronized int random(int bound) {
        return random.nextInt(bound);
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                sockets.add(client);
                Thread.ofVirtual().start(() -> serve(client));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void serve(Socket client) {
        try (client;
                Socket upstream = new Socket(InetAddress.getLoopbackAddress(), server)) {
            sockets.add(upstream);
            client.setTcpNoDelay(true);
            upstream.setTcpNoDelay(true);
            Requests requests = new Requests(client, upstream);
            Thread answers = Thread.ofVirtual().start(() -> passAnswers(upstream, client, requests));
            try {
                requests.pass();
            } catch (IOException e) {
                client.close();
                upstream.close();
            }
            answers.join();
            sockets.remove(upstream);
        } catch (IOException e) {
            // The server is away, and so is the connection.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            sockets.remove(client);
        }
    }

    private void passAnswers(Socket upstream, Socket client, Requests requests) {
        try (upstream;
                client) {
            DataInputStream in = new DataInputStream(new BufferedInputStream(upstream.getInputStream(), BUFFER));
            DataOutputStream out = new DataOutputStream(new BufferedOutputStream(client.getOutputStream(), BUFFER));
            for (int type = in.read(); type >= 0; type = in.read()) {
                byte[] body = body(in);
                if (requests.unheard) {
                    return;
                }
                if (type != 'A' || !mute) {
                    out.writeByte(type);
                    out.writeInt(body.length + Integer.BYTES);
                    out.write(body);
                }
                if (in.available() == 0) {
                    out.flush();
                }
            }
            out.flush();
        } catch (IOException e) {
            // One of the two has gone.
        }
    }

    private static byte[] body(DataInputStream in) throws IOException {
        byte[] body = new byte[in.readInt() - Integer.BYTES];
        in.readFully(body);
        return body;
    }

    /** The messages of one client, passed on where the client waits for an answer. */
    private final class Requests {
        private final Socket client;
        private final Socket upstream;
        private final Map<String, String> statements = new HashMap<>();
        private final ByteArrayOutputStream said = new ByteArrayOutputStream();
        private boolean changes;
        private boolean commits;

        /** Whether the next answer ends the connection. */
        private volatile boolean unheard;

        Requests(Socket client, Socket upstream) {
            this.client = client;
            this.upstream = upstream;
        }

        void pass() throws IOException {
            DataInputStream in = new DataInputStream(new BufferedInputStream(client.getInputStream(), BUFFER));
            begin(in);
            DataOutputStream out = new DataOutputStream(said);
            for (int type = in.read(); type >= 0; type = in.read()) {
                byte[] body = body(in);
                note(type, body);
                out.writeByte(type);
                out.writeInt(body.length + Integer.BYTES);
                out.write(body);
                boolean isPart = type == 'P' || type == 'B' || type == 'D' || type == 'E' || type == 'C';
                if (!isPart && !send()) {
                    return;
                }
            }
            upstream.shutdownOutput();
        }

        /** To the first message that has a type. Encryption is declined. */
        private void begin(DataInputStream in) throws IOException {
            byte[] first = body(in);
            while (first.length == Integer.BYTES && (isCode(first, SSL_REQUEST) || isCode(first, GSS_REQUEST))) {
                client.getOutputStream().write('N');
                first = body(in);
            }
            DataOutputStream out = new DataOutputStream(said);
            out.writeInt(first.length + Integer.BYTES);
            out.write(first);
            send();
        }

        private static boolean isCode(byte[] body, int code) {
            return ByteBuffer.wrap(body).getInt() == code;
        }

        private void note(int type, byte[] body) {
            if (type == 'P') {
                statements.put(text(body, 0), text(body, 1));
            } else if (type == 'B') {
                String sql = statements.getOrDefault(text(body, 1), "");
                changes |= sql.contains(CHANGES);
                commits |= sql.equals("COMMIT");
            }
        }

        /** The text of that number at the beginning of a message. */
        private static String text(byte[] body, int number) {
            int from = 0;
            for (int i = 0; i < number; i++) {
                from = end(body, from) + 1;
            }
            return new String(body, from, end(body, from) - from, StandardCharsets.UTF_8);
        }

        private static int end(byte[] body, int from) {
            int end = from;
            while (body[end] != 0) {
                end++;
            }
            return end;
        }

        /** Returns whether the connection is still there. */
        private boolean send() throws IOException {
            byte[] bytes = said.toByteArray();
            said.reset();
            Cut how = commits && changes ? nextCut() : null;
            if (commits) {
                commits = false;
                changes = false;
            }
            if (how == null) {
                upstream.getOutputStream().write(bytes);
                return true;
            }
            if (how == Cut.ANSWERED) {
                unheard = true;
                upstream.getOutputStream().write(bytes);
                return true;
            }
            client.close(); // Before the server can have answered.
            if (how != Cut.BEFORE) {
                int heard = how == Cut.WITHIN ? 1 + random(bytes.length - 1) : bytes.length;
                upstream.getOutputStream().write(bytes, 0, heard);
            }
            upstream.shutdownOutput();
            return false;
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
