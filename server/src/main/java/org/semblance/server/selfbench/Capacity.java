package org.semblance.server.selfbench;

/**
 * The number of uploads that a server took from clients of which each sends its next one when the last one was answered.
 *
 * @param uploadBytes size of each upload
 * @param connections clients, and workers of the server
 * @param perSecond uploads answered a second
 * @param p50Us microseconds that half of them took at most, the time in which they were refused included
 * @param p99Us microseconds that 99 of 100 uploads took at most
 */
public record Capacity(int uploadBytes, int connections, double perSecond, double p50Us, double p99Us) {
    private static final int SECONDS_A_DAY = 86_400;

    /** Uploads that a whole day at that rate has. */
    public long perDay() {
        return Math.round(perSecond * SECONDS_A_DAY);
    }
}
