package org.semblance.server.cli.database;

import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.semblance.server.tls.Authorities;

/** Which certificates of a server are taken. */
interface ServerTrust {
    /** Gives the client that trust. */
    HttpClient.Builder apply(HttpClient.Builder client);

    /** Trusts the authorities that the JDK trusts. */
    static ServerTrust ofTheJdk() {
        return client -> client;
    }

    /**
     * Trusts the authorities in a file of PEM, and no others.
     *
     * @throws BadInputException if the file cannot be used
     */
    static ServerTrust of(Path pem) {
        try {
            SSLContext context = Authorities.context(pem);
            return client -> client.sslContext(context);
        } catch (IOException | GeneralSecurityException e) {
            throw new BadInputException("--ca: " + pem + ": no certificates in PEM: " + e.getMessage(), e);
        }
    }

    /**
     * Any. Only for the address that a server on this machine has written into its own folder: its certificate is for the
     * name by which others know it, and the secret that is sent is worth nothing once that server is gone.
     */
    static ServerTrust ofAny() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new Anybody()}, new SecureRandom());
            return client -> client.sslContext(context);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has TLS", e);
        }
    }

    /** Asks for no name and no authority. */
    final class Anybody extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, @Nullable Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, @Nullable Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, @Nullable SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, @Nullable SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
