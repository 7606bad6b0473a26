package org.semblance.server.config;

import java.nio.file.Path;

/**
 * The files of a TLS identity, in PEM.
 *
 * @param certificate the server's certificate, followed by those that signed it
 * @param key its private key
 */
public record TlsFiles(Path certificate, Path key) {}
