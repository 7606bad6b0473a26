package org.semblance.server.fetch;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Asks for the addresses of a name; blocks. */
@FunctionalInterface
interface Resolver {
    /** By the means of the system. */
    Resolver SYSTEM = name -> List.of(InetAddress.getAllByName(name));

    /** @throws UnknownHostException if it has none */
    List<InetAddress> resolve(String name) throws UnknownHostException;
}
