package org.semblance.server.work;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Tasks that wait, each for the sake of an owner. The next task is one of the owner that has used the least time, so that
 * whoever brings heavy tasks waits for itself.
 *
 * <p>This is start-time fair queueing (P. Goyal, H. M. Vin, H. Cheng, SIGCOMM 1996), by owner and with tasks whose cost is known
 * only when they have ended:
 *
 * <ul>
 *   <li>An owner's tasks begin in the order in which they came.
 *   <li>An owner is charged what its tasks take on average when one begins, and the difference when it ends. So several workers
 *       do not all go to the owner whose bill is yet to come.
 *   <li>The time at which the last task began, counted by the use of its owner, is the queue's own time. An owner that comes back
 *       begins there: it has no claim on the time in which it wanted nothing, nor does it owe for the time in which nobody else
 *       did.
 *   <li>When the queue is full, the newest task of the owner with the most tasks has to go. So as long as an owner has no more
 *       than its share of the places, none of its tasks is refused, and an owner alone has all places.
 * </ul>
 *
 * <p>An owner with nothing to do is forgotten once the queue's time has passed its use: then a new one would begin at the same
 * place. Not safe for several threads, and without a clock.
 *
 * @param <T> what waits; found again by its {@code equals}
 */
final class FairQueue<T> {
    /** An average follows an owner's last tasks, of which each counts for this part. */
    private static final int MEAN_OVER = 8;

    private final int limit;
    private final Map<String, Owner<T>> owners = new HashMap<>();

    /** Those with a task that waits, the next one first. */
    private final TreeSet<Owner<T>> turns = new TreeSet<>(
            Comparator.<Owner<T>>comparingLong(owner -> owner.used).thenComparingLong(owner -> owner.since));

    private int size;
    private int running;
    private long time;
    private long meanCost;
    private long arrivals;

    /** For whom tasks wait and run. */
    private static final class Owner<T> {
        final String name;
        final ArrayDeque<T> waiting = new ArrayDeque<>();
        int running;

        // Where it is among the turns: to be changed only while it is not there.
        /** Time that was charged so far, as the queue counts its own. */
        long used;

        /** The arrival since which it has had a task that waits; the earlier owner goes first. */
        long since;

        long meanCost;

        Owner(String name, long meanCost) {
            this.name = name;
            this.meanCost = meanCost;
        }

        boolean isIdle() {
            return waiting.isEmpty() && running == 0;
        }
    }

    /** A task that has left the queue to be run; to be given to {@link #ended} or {@link #unused} when that is over. */
    static final class Turn<T> {
        private final T task;
        private final Owner<T> owner;
        private final long charged;

        private Turn(T task, Owner<T> owner, long charged) {
            this.task = task;
            this.owner = owner;
            this.charged = charged;
        }

        T task() {
            return task;
        }
    }

    /** @param limit how many tasks may wait, at least 1 */
    FairQueue(int limit) {
        this.limit = limit;
    }

    /** How many tasks wait. */
    int size() {
        return size;
    }

    /** How many owners are remembered. */
    int owners() {
        return owners.size();
    }

    /** Adds a task. Returns the task for which there is no place: none, this one, or an earlier one of another owner. */
    @Nullable
    T add(String name, T task) {
        Owner<T> owner = owners.computeIfAbsent(name, unknown -> new Owner<>(unknown, meanCost));
        T refused = null;
        if (size >= limit) {
            Owner<T> most = owner;
            int places = owner.waiting.size() + 1;
            for (Owner<T> other : turns) {
                if (other.waiting.size() > places) {
                    most = other;
                    places = other.waiting.size();
                }
            }
            if (most == owner) {
                forgetIfIdle(owner);
                return task;
            }
            refused = most.waiting.removeLast();
            left(most);
        }
        if (owner.waiting.isEmpty()) {
            owner.used = Math.max(owner.used, time);
            owner.since = arrivals++;
        }
        owner.waiting.addLast(task);
        turns.add(owner);
        size++;
        return refused;
    }

    /** The next task, or null if none waits. */
    @Nullable
    Turn<T> next() {
        return next(task -> true);
    }

    /** The next task of that sort, or null if none waits. */
    @Nullable
    Turn<T> next(Predicate<? super T> sort) {
        for (Owner<T> owner : turns) {
            for (Iterator<T> tasks = owner.waiting.iterator(); tasks.hasNext(); ) {
                T task = tasks.next();
                if (sort.test(task)) {
                    tasks.remove();
                    return begin(owner, task);
                }
            }
        }
        return null;
    }

    private Turn<T> begin(Owner<T> owner, T task) {
        owner.running++;
        running++;
        left(owner);
        time = Math.max(time, owner.used);
        long charged = Math.max(1, owner.meanCost); // Something, or an unknown owner would be the next one again.
        charge(owner, charged);
        return new Turn<>(task, owner, charged);
    }

    /** A task of that owner no longer waits. */
    private void left(Owner<T> owner) {
        size--;
        if (owner.waiting.isEmpty()) {
            turns.remove(owner);
            forgetIfIdle(owner);
        }
    }

    private void charge(Owner<T> owner, long cost) {
        boolean waits = turns.remove(owner);
        owner.used += cost;
        if (waits) {
            turns.add(owner);
        }
    }

    /** The task of that turn was run, and took so long. */
    void ended(Turn<T> turn, long cost) {
        Owner<T> owner = turn.owner;
        owner.meanCost += (cost - owner.meanCost) / MEAN_OVER;
        meanCost += (cost - meanCost) / MEAN_OVER;
        end(turn, cost);
    }

    /** The task of that turn was not worth running, and costs its owner nothing. */
    void unused(Turn<T> turn) {
        end(turn, 0);
    }

    private void end(Turn<T> turn, long cost) {
        charge(turn.owner, cost - turn.charged);
        turn.owner.running--;
        running--;
        forgetIfIdle(turn.owner);
    }

    /** Takes a task of that owner back. Returns false, and does nothing, if it does not wait. */
    boolean remove(String name, T task) {
        Owner<T> owner = owners.get(name);
        if (owner == null || !owner.waiting.remove(task)) {
            return false;
        }
        left(owner);
        return true;
    }

    /**
     * Forgets the owner once it can be. Of those that wanted nothing lately as many are remembered as there are places, so that
     * names without end take no memory without end; beyond that, all of them may begin anew.
     */
    private void forgetIfIdle(Owner<T> owner) {
        if (size == 0 && running == 0) {
            owners.clear();
        } else if (owner.isIdle()) {
            if (owner.used <= time) {
                owners.remove(owner.name);
            } else if (owners.size() > 2 * limit + running) {
                owners.values().removeIf(Owner::isIdle);
            }
        }
    }
}
