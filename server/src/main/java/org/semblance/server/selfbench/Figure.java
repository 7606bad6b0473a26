package org.semblance.server.selfbench;

import org.jspecify.annotations.Nullable;

/**
 * The measurements of one kind of work.
 *
 * @param name by which a later run finds it, snake_case
 * @param what in words
 * @param perSecond how much of it a second when nothing disturbs the machine: the median of the best quarter of the rounds
 * @param medianPerSecond the median of all rounds; far below {@code perSecond} on a machine with other work to do
 * @param p50Us microseconds that half of the calls took at most
 * @param p99Us microseconds that 99 of 100 took at most
 * @param p999Us microseconds that 999 of 1,000 took at most
 * @param recall share of what an exhaustive comparison finds that was found as well, 0 to 1; null where nothing is looked up
 */
public record Figure(
        String name,
        String what,
        double perSecond,
        double medianPerSecond,
        double p50Us,
        double p99Us,
        double p999Us,
        @Nullable Double recall) {}
