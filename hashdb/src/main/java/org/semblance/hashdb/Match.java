package org.semblance.hashdb;

import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.ContentRecord;
import org.semblance.hashdb.hash.SignalType;

/**
 * One banked content that a lookup found.
 *
 * @param signalType by which of its signals; for a digest the distance is 0 and so is the threshold
 * @param distance Hamming distance to the nearest of its hashes
 * @param threshold the largest distance that counts for this content
 */
public record Match(Bank bank, ContentRecord content, SignalType signalType, int distance, int threshold) {}
