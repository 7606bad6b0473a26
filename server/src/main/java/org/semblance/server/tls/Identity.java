package org.semblance.server.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.semblance.server.config.Setting;
import org.semblance.server.config.TlsFiles;

/**
 * The identity that a server proves to its clients.
 *
 * @param chain its own certificate, and those that lead from it to one that clients know
 * @param key the private key of the first, RSA or of an elliptic curve
 */
public record Identity(List<X509Certificate> chain, PrivateKey key) {
    private static final String CERTIFICATE = "CERTIFICATE";
    private static final String EXPECTED_CHAIN =
            "a PEM file of the server's certificate, and after it those that signed it";
    private static final String EXPECTED_KEY = "a PEM file of the certificate's private key, without a passphrase";
    private static final int LEAST_RSA_BITS = 2_048;
    private static final int CHALLENGE_BYTES = 32;

    /**
     * Reads it from PEM files, which may be one and the same. The key is in PKCS#8, PKCS#1 or SEC 1.
     *
     * @throws TlsRefusedException if a file is not there or is not what it should be, or if they do not belong together
     */
    public static Identity read(TlsFiles files) {
        Path certificate = files.certificate();
        List<X509Certificate> chain = chain(certificate);
        PublicKey publicKey = chain.getFirst().getPublicKey();
        switch (publicKey.getAlgorithm()) {
            case "RSA" -> {
                int bits = publicKey instanceof RSAKey rsa ? rsa.getModulus().bitLength() : 0;
                if (bits < LEAST_RSA_BITS) {
                    throw refusedChain(
                            certificate, "RSA of " + bits + " bits", "at least " + LEAST_RSA_BITS + ", or a curve");
                }
            }
            case "EC" -> {}
            default ->
                throw refusedChain(certificate, "has a key of " + publicKey.getAlgorithm(), "RSA, or EC as of P-256");
        }
        PrivateKey privateKey = key(files.key(), publicKey);
        if (!belongTogether(privateKey, publicKey)) {
            throw refusedKey(
                    files.key(),
                    "does not fit " + certificate,
                    "the key of the server's certificate, which is the first there");
        }
        return new Identity(chain, privateKey);
    }

    private static List<X509Certificate> chain(Path file) {
        List<X509Certificate> chain = new ArrayList<>();
        for (Pem block : Pem.read(Setting.TLS_CERTIFICATE, file, EXPECTED_CHAIN)) {
            if (!block.label().equals(CERTIFICATE)) {
                continue; // The key, if both are in one file.
            }
            try {
                chain.add((X509Certificate) CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(block.der())));
            } catch (CertificateException | IllegalArgumentException e) {
                throw new TlsRefusedException(
                        Setting.TLS_CERTIFICATE,
                        file,
                        "its certificate " + (chain.size() + 1) + " is damaged",
                        EXPECTED_CHAIN,
                        e);
            }
        }
        if (chain.isEmpty()) {
            throw refusedChain(file, "holds no certificate in PEM", EXPECTED_CHAIN);
        }
        return List.copyOf(chain);
    }

    private static PrivateKey key(Path file, PublicKey publicKey) {
        for (Pem block : Pem.read(Setting.TLS_KEY, file, EXPECTED_KEY)) {
            if (block.label().startsWith("ENCRYPTED") || block.text().startsWith("Proc-Type")) {
                throw refusedKey(
                        file,
                        "is encrypted",
                        "a key without a passphrase, as made by: openssl pkey -in KEY -out PLAIN");
            }
            if (!block.label().endsWith("PRIVATE KEY")) {
                continue; // A certificate, or the name of a curve.
            }
            try {
                byte[] der = block.der();
                return KeyFactory.getInstance(publicKey.getAlgorithm())
                        .generatePrivate(new PKCS8EncodedKeySpec(
                                block.label().equals("PRIVATE KEY") ? der : Der.pkcs8(der, publicKey.getEncoded())));
            } catch (GeneralSecurityException | IllegalArgumentException e) {
                throw new TlsRefusedException(
                        Setting.TLS_KEY,
                        file,
                        "is of another kind or damaged",
                        "the certificate's, which is " + publicKey.getAlgorithm(),
                        e);
            }
        }
        throw refusedKey(file, "holds no private key in PEM", EXPECTED_KEY);
    }

    /** Whether what the one signs is proven by the other. */
    private static boolean belongTogether(PrivateKey key, PublicKey publicKey) {
        byte[] challenge = new byte[CHALLENGE_BYTES];
        new SecureRandom().nextBytes(challenge);
        try {
            Signature signature =
                    Signature.getInstance(publicKey.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA");
            signature.initSign(key);
            signature.update(challenge);
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update(challenge);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static TlsRefusedException refusedChain(Path file, String problem, String expected) {
        return new TlsRefusedException(Setting.TLS_CERTIFICATE, file, problem, expected, null);
    }

    private static TlsRefusedException refusedKey(Path file, String problem, String expected) {
        return new TlsRefusedException(Setting.TLS_KEY, file, problem, expected, null);
    }

    /** When the first of the certificates ends. */
    public Instant expires() {
        return chain.stream()
                .map(one -> one.getNotAfter().toInstant())
                .min(Instant::compareTo)
                .orElseThrow();
    }

    /** Without a word of the key. */
    @Override
    public String toString() {
        return describe();
    }

    /** Whom it names, how long it lasts, and how many certificates there are. */
    public String describe() {
        X509Certificate own = chain.getFirst();
        return own.getSubjectX500Principal() + ", " + own.getPublicKey().getAlgorithm() + ", until " + expires() + ", "
                + (chain.size() == 1 ? "1 certificate" : chain.size() + " certificates");
    }

    /**
     * What is wrong with it and yet no reason not to start; empty if nothing is.
     *
     * @param files that it was read from
     */
    public List<String> warnings(TlsFiles files, Instant now) {
        List<String> warnings = new ArrayList<>();
        Instant begins = chain.getFirst().getNotBefore().toInstant();
        if (expires().isBefore(now)) {
            warnings.add(Setting.TLS_CERTIFICATE.key() + ": expired at " + expires() + ", clients will refuse it");
        } else if (begins.isAfter(now)) {
            warnings.add(Setting.TLS_CERTIFICATE.key() + ": valid from " + begins + " on, clients will refuse it");
        }
        if (othersRead(files.key())) {
            warnings.add(Setting.TLS_KEY.key() + ": every user can read it: chmod 600 " + files.key());
        }
        return warnings;
    }

    private static boolean othersRead(Path file) {
        try {
            return Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ);
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }
}
