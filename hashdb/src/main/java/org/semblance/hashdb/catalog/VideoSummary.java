package org.semblance.hashdb.catalog;

/**
 * The facts about a video in a list of contents; its frames, which may be many, are asked for one video at a time.
 *
 * @param durationMs length of the video in milliseconds
 * @param pictures how many frames are banked of it, 1 or more
 */
public record VideoSummary(int durationMs, int pictures) {}
