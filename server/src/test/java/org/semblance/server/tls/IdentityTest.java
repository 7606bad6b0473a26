package org.semblance.server.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.semblance.server.config.TlsFiles;

class IdentityTest {
    @TempDir
    private Path folder;

    private TlsFiles files(String certificate, String key) throws IOException {
        return new TlsFiles(
                Files.writeString(folder.resolve("certificate.pem"), certificate),
                Files.writeString(folder.resolve("key.pem"), key));
    }

    /** The key as its own algorithm has it, which is what PKCS#8 ends with. */
    private static byte[] inner(byte[] pkcs8) {
        ByteBuffer in = ByteBuffer.wrap(pkcs8);
        open(in);
        skip(in); // the version
        skip(in); // the algorithm
        open(in);
        return Arrays.copyOfRange(pkcs8, in.position(), pkcs8.length);
    }

    private static void skip(ByteBuffer in) {
        int length = open(in);
        in.position(in.position() + length);
    }

    private static int open(ByteBuffer in) {
        in.get();
        int first = in.get() & 0xff;
        return first < 0x80 ? first : first == 0x81 ? in.get() & 0xff : in.getShort() & 0xffff;
    }

    @ParameterizedTest
    @CsvSource({"RSA,2048,RSA PRIVATE KEY", "RSA,4096,RSA PRIVATE KEY", "EC,256,EC PRIVATE KEY", "EC,521,EC PRIVATE KEY"
    })
    void readsEachFormatOfAKey(String algorithm, int bits, String label) throws IOException {
        TestCertificate made = TestCertificate.of(algorithm, bits);
        Identity identity = Identity.read(made.write(folder));
        assertThat(identity.chain()).containsExactly(made.certificate());
        assertThat(identity.key()).isEqualTo(made.pair().getPrivate());
        assertThat(identity.describe())
                .startsWith("CN=localhost, " + algorithm + ", until ")
                .endsWith(", 1 certificate");
        assertThat(identity).hasToString(identity.describe());

        byte[] old = inner(made.pair().getPrivate().getEncoded());
        String curve = algorithm.equals("EC") ? TestCertificate.pem("EC PARAMETERS", new byte[] {6, 1, 1}) : "";
        TlsFiles files = files(made.certificatePem(), curve + TestCertificate.pem(label, old));
        assertThat(Identity.read(files)).isEqualTo(identity);
    }

    @Test
    void readsAChainAndAKeyFromOneFile() throws IOException {
        TestCertificate own = TestCertificate.ofCurve();
        TestCertificate issuer = TestCertificate.of("RSA", 2048, Instant.now().plusSeconds(60));
        Path all = Files.writeString(
                folder.resolve("all.pem"),
                "Bag Attributes\r\n  friendlyName: x\r\n" + own.keyPem().replace("\n", "\r\n") + own.certificatePem()
                        + "\n" + issuer.certificatePem());
        Identity identity = Identity.read(new TlsFiles(all, all));
        assertThat(identity.chain()).containsExactly(own.certificate(), issuer.certificate());
        assertThat(identity.expires())
                .isEqualTo(issuer.certificate().getNotAfter().toInstant());
        assertThat(identity.describe()).endsWith(", 2 certificates");
    }

    @Test
    void namesTheSettingAndWhatIsWrong() throws IOException {
        TestCertificate own = TestCertificate.ofCurve();
        TestCertificate other = TestCertificate.ofCurve();
        TestCertificate rsa = TestCertificate.of("RSA", 2048);
        String chain = own.certificatePem();
        String key = own.keyPem();
        Path none = folder.resolve("none.pem");
        Path keyFile = folder.resolve("key.pem");
        Path certificateFile = folder.resolve("certificate.pem");

        files(chain, key);
        assertRefused(new TlsFiles(none, keyFile), "tls_certificate: " + none + ": not there (expected: a PEM file of");
        assertRefused(new TlsFiles(certificateFile, none), "tls_key: " + none + ": not there (expected: a PEM file of");
        assertRefused(new TlsFiles(folder, keyFile), "tls_certificate: " + folder + ": cannot be read: ");

        String inCertificate = "tls_certificate: " + certificateFile + ": ";
        assertRefused(files("", key), inCertificate + "holds no certificate in PEM");
        assertRefused(files(key, key), inCertificate + "holds no certificate in PEM");
        assertRefused(files("\u0000\u0001", key), inCertificate + "holds no certificate in PEM");
        assertRefused(
                files(chain + TestCertificate.pem("CERTIFICATE", new byte[40]), key),
                inCertificate + "its certificate 2 is damaged");
        assertRefused(
                files("-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n", key),
                inCertificate + "its certificate 1 is damaged");
        assertRefused(files("x".repeat(1 << 20) + chain, key), inCertificate + "more than 1048576 bytes");
        TestCertificate small = TestCertificate.of("RSA", 1024);
        assertRefused(
                files(small.certificatePem(), small.keyPem()),
                inCertificate + "RSA of 1024 bits (expected: at least 2048, or a curve)");

        String inKey = "tls_key: " + keyFile + ": ";
        assertRefused(
                files(chain, chain), inKey + "holds no private key in PEM (expected: a PEM file of the certificate's");
        assertRefused(
                files(chain, TestCertificate.pem("ENCRYPTED PRIVATE KEY", new byte[40])),
                inKey + "is encrypted (expected: a key without a passphrase, as made by: openssl pkey");
        assertRefused(
                files(
                        chain,
                        "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n"
                                + "-----END EC PRIVATE KEY-----\n"),
                inKey + "is encrypted");
        assertRefused(
                files(chain, rsa.keyPem()),
                inKey + "is of another kind or damaged (expected: the certificate's, which is EC)");
        assertRefused(files(chain, TestCertificate.pem("EC PRIVATE KEY", new byte[3])), inKey + "is of another kind");
        assertRefused(files(chain, TestCertificate.pem("PRIVATE KEY", new byte[0])), inKey + "is of another kind");
        assertRefused(
                files(chain, other.keyPem()), inKey + "does not fit " + certificateFile + " (expected: the key of the");
        assertRefused(files(other.certificatePem() + chain, key), inKey + "does not fit");
    }

    private static void assertRefused(TlsFiles files, String message) {
        assertThatThrownBy(() -> Identity.read(files))
                .isInstanceOf(TlsRefusedException.class)
                .hasMessageStartingWith(message)
                .hasMessageContaining(" (expected: ");
    }

    @Test
    void warnsOfWhatClientsRefuseAndOfAKeyThatIsReadByAll() throws IOException {
        Instant now = Instant.now();
        TlsFiles files = TestCertificate.ofCurve().write(folder);
        assertThat(Identity.read(files).warnings(files, now)).isEmpty();
        Files.setPosixFilePermissions(files.key(), PosixFilePermissions.fromString("rw-r--r--"));
        assertThat(Identity.read(files).warnings(files, now))
                .containsExactly("tls_key: every user can read it: chmod 600 " + files.key());

        files = TestCertificate.of("EC", 256, now.minusSeconds(1)).write(folder);
        assertThat(Identity.read(files).warnings(files, now))
                .singleElement()
                .asString()
                .startsWith("tls_certificate: expired at ");
        files = TestCertificate.of("EC", 256, now.plus(Duration.ofHours(1)), now.plus(Duration.ofHours(2)))
                .write(folder);
        assertThat(Identity.read(files).warnings(files, now))
                .singleElement()
                .asString()
                .startsWith("tls_certificate: valid from ");
    }
}
