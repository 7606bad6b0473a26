package org.semblance.server.tls;

import static org.semblance.server.tls.Der.OCTET_STRING;
import static org.semblance.server.tls.Der.SEQUENCE;
import static org.semblance.server.tls.Der.element;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.semblance.server.config.TlsFiles;

/**
 * A certificate of localhost and 127.0.0.1 that signs itself, made for a test and trusted by nobody else (RFC 5280). The JDK can
 * read such, but has no API to make one.
 */
public record TestCertificate(X509Certificate certificate, KeyPair pair) {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

    private static final byte INTEGER = 0x02;
    private static final byte BIT_STRING = 0x03;
    private static final byte UTF8_STRING = 0x0c;
    private static final byte TIME_STRING = 0x18;
    private static final byte SET = 0x31;
    private static final byte VERSION = (byte) 0xa0;
    private static final byte EXTENSIONS = (byte) 0xa3;
    private static final byte DNS_NAME = (byte) 0x82;
    private static final byte IP_ADDRESS = (byte) 0x87;
    private static final byte[] COMMON_NAME = hex("0603550403");
    private static final byte[] SUBJECT_ALTERNATIVE_NAME = hex("0603551d11");

    /** Valid from an hour ago for a day. */
    public static TestCertificate of(String algorithm, int bits) {
        return of(algorithm, bits, Instant.now().plus(Duration.ofDays(1)));
    }

    /** On the curve P-256, likewise. */
    public static TestCertificate ofCurve() {
        return of("EC", 256);
    }

    static TestCertificate of(String algorithm, int bits, Instant end) {
        return of(algorithm, bits, Instant.now().minus(Duration.ofHours(1)), end);
    }

    static TestCertificate of(String algorithm, int bits, Instant begin, Instant end) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
            generator.initialize(bits);
            KeyPair pair = generator.generateKeyPair();
            // sha256WithRSAEncryption and ecdsa-with-SHA256.
            byte[] signing =
                    hex(algorithm.equals("RSA") ? "300d06092a864886f70d01010b0500" : "300a06082a8648ce3d040302");
            byte[] name = element(
                    SEQUENCE, element(SET, element(SEQUENCE, COMMON_NAME, element(UTF8_STRING, ascii("localhost")))));
            byte[] names = element(
                    SEQUENCE, element(DNS_NAME, ascii("localhost")), element(IP_ADDRESS, new byte[] {127, 0, 0, 1}));
            byte[] body = element(
                    SEQUENCE,
                    element(VERSION, hex("020102")),
                    element(
                            INTEGER,
                            new BigInteger(64, new SecureRandom())
                                    .add(BigInteger.ONE)
                                    .toByteArray()),
                    signing,
                    name,
                    element(
                            SEQUENCE,
                            element(TIME_STRING, ascii(TIME.format(begin))),
                            element(TIME_STRING, ascii(TIME.format(end)))),
                    name,
                    pair.getPublic().getEncoded(),
                    element(
                            EXTENSIONS,
                            element(
                                    SEQUENCE,
                                    element(SEQUENCE, SUBJECT_ALTERNATIVE_NAME, element(OCTET_STRING, names)))));
            Signature signature = Signature.getInstance(algorithm.equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA");
            signature.initSign(pair.getPrivate());
            signature.update(body);
            byte[] whole = element(SEQUENCE, body, signing, element(BIT_STRING, new byte[1], signature.sign()));
            return new TestCertificate(
                    (X509Certificate) CertificateFactory.getInstance("X.509")
                            .generateCertificate(new ByteArrayInputStream(whole)),
                    pair);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    String certificatePem() {
        try {
            return pem("CERTIFICATE", certificate.getEncoded());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    String keyPem() {
        return pem("PRIVATE KEY", pair.getPrivate().getEncoded());
    }

    static String pem(String label, byte[] der) {
        return "-----BEGIN " + label + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + label + "-----\n";
    }

    /** Writes it, and its key for the owner alone, over what is there. */
    public TlsFiles write(Path folder) throws IOException {
        TlsFiles files = new TlsFiles(folder.resolve("certificate.pem"), folder.resolve("key.pem"));
        Files.writeString(files.certificate(), certificatePem());
        Files.writeString(files.key(), keyPem());
        Files.setPosixFilePermissions(files.key(), PosixFilePermissions.fromString("rw-------"));
        return files;
    }

    /** What a client connects with that trusts it, and checks the name. */
    public SSLContext trust() {
        try {
            KeyStore known = KeyStore.getInstance("PKCS12");
            known.load(null, null);
            known.setCertificateEntry("it", certificate);
            TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            managers.init(known);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
