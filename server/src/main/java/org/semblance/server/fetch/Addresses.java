package org.semblance.server.fetch;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Which addresses are of hosts in public. All others are refused, among them those by which a cloud tells a machine its
 * secrets, and those that carry one of them in a longer address: the ranges of IANA's registries of special-purpose addresses.
 */
final class Addresses {
    private static final List<Range> NOT_PUBLIC_4 = ranges(
            "0.0.0.0/8", // this network, unspecified
            "10.0.0.0/8", // private
            "100.64.0.0/10", // shared, behind a carrier's NAT; some clouds' metadata
            "127.0.0.0/8", // loopback
            "168.63.129.16/32", // Azure's host, which has its metadata
            "169.254.0.0/16", // link-local; most clouds' metadata
            "172.16.0.0/12", // private
            "192.0.0.0/24", // protocols; Oracle's metadata
            "192.0.2.0/24", // documentation
            "192.88.99.0/24", // relays of 6to4
            "192.168.0.0/16", // private
            "198.18.0.0/15", // benchmarks
            "198.51.100.0/24", // documentation
            "203.0.113.0/24", // documentation
            "224.0.0.0/4", // multicast
            "240.0.0.0/4"); // reserved, broadcast

    /** All that is public is in here. */
    private static final Range PUBLIC_6 = Range.of("2000::/3");

    private static final List<Range> NOT_PUBLIC_6 = ranges(
            "2001::/23", // protocols, Teredo among them
            "2001:db8::/32", // documentation
            "3fff::/20"); // documentation

    private static final Range NAT64 = Range.of("64:ff9b::/96");
    private static final int NAT64_AT = 12;
    private static final Range SIX_TO_FOUR = Range.of("2002::/16");
    private static final int SIX_TO_FOUR_AT = 2;

    private Addresses() {}

    /** Whether it is of one host in public, and so is the one that it may carry. */
    static boolean isPublic(InetAddress address) {
        return switch (address) {
            case Inet4Address four -> isPublic4(four.getAddress());
            case Inet6Address six -> isPublic6(six.getAddress());
            default -> false;
        };
    }

    private static boolean isPublic4(byte[] address) {
        return NOT_PUBLIC_4.stream().noneMatch(range -> range.holds(address));
    }

    private static boolean isPublic6(byte[] address) {
        if (NAT64.holds(address)) {
            return isPublic4(Arrays.copyOfRange(address, NAT64_AT, NAT64_AT + 4));
        }
        if (SIX_TO_FOUR.holds(address)) {
            return isPublic4(Arrays.copyOfRange(address, SIX_TO_FOUR_AT, SIX_TO_FOUR_AT + 4));
        }
        return PUBLIC_6.holds(address) && NOT_PUBLIC_6.stream().noneMatch(range -> range.holds(address));
    }

    private static List<Range> ranges(String... ranges) {
        return Stream.of(ranges).map(Range::of).toList();
    }

    /** All addresses that begin with the same bits. */
    private record Range(byte[] first, int bits) {
        static Range of(String text) {
            int slash = text.indexOf('/');
            try {
                // An address in digits is not looked up.
                byte[] first = InetAddress.getByName(text.substring(0, slash)).getAddress();
                return new Range(first, Integer.parseInt(text.substring(slash + 1)));
            } catch (UnknownHostException e) {
                throw new IllegalStateException(e);
            }
        }

        boolean holds(byte[] address) {
            if (address.length != first.length) {
                return false;
            }
            for (int bit = 0; bit < bits; bit += 8) {
                int mask = 0xFF << Math.max(0, 8 - (bits - bit)) & 0xFF;
                if (((address[bit / 8] ^ first[bit / 8]) & mask) != 0) {
                    return false;
                }
            }
            return true;
        }
    }
}
