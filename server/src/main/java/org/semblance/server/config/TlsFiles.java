package org.semblance.server.config;

import java.nio.file.Path;

/**
 * What TLS is spoken with, in PEM.
 *
 * @param certificate the server's certificate, followed by those that signed it
 * @param key its private key
 */
public record TlsFiles(Path certificate, Path key) {}
