package org.semblance.server.exchange;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.semblance.hashdb.HashDb;
import org.semblance.hashdb.catalog.Bank;
import org.semblance.hashdb.catalog.BankKind;
import org.semblance.hashdb.catalog.Change;
import org.semblance.hashdb.catalog.ChangeRefusedException;
import org.semblance.hashdb.catalog.ChangeRefusedException.Reason;
import org.semblance.hashdb.catalog.Origin;
import org.semblance.hashdb.document.Lease;
import org.semblance.hashdb.exchange.Exchange;
import org.semblance.hashdb.exchange.ExchangeApi;
import org.semblance.hashdb.exchange.ExchangeRegistry;
import org.semblance.server.record.BankingGuard;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The exchanges of a server. Those that are enabled are fetched on a thread of their own: when they are made, and whenever
 * what they are fetched from has changed. Where several nodes have the same exchanges, one of them at a time fetches each: the
 * node that has the lease of the exchange. Safe for many threads.
 *
 * <p>A fetch that fails leaves what was banked, and so does a list without a single usable entry: to take all out, delete
 * the exchange.
 */
public final class Exchanges implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Exchanges.class);

    /** How long what failed is left alone, unless its source changes. */
    private static final Duration RETRY = Duration.ofMinutes(1);

    private static final Duration STOP = Duration.ofSeconds(2);

    /** How often the lease of what is being fetched is taken for longer. */
    private static final Duration RENEW = Duration.ofSeconds(10);

    private final HashDb db;
    private final ExchangeRegistry registry;
    private final BankingGuard guard;
    private final Function<Exchange, Partner> partners;
    private final Function<String, Lease> leases;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("exchanges").factory());

    private final ScheduledExecutorService renewer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("exchange-leases").factory());

    /** Held while an exchange is made or deleted, and for each step of a fetch, so that none banks for a deleted one. */
    private final ReentrantLock changing = new ReentrantLock();

    /** By bank, of the fetching thread alone. */
    private final Map<Long, Fetched> fetched = new HashMap<>();

    private volatile @Nullable Running running;
    private volatile boolean closed;

    private record Running(String exchange, Instant since, Lease lease) {}

    private record Attempt(String version, long nanos) {}

    /** The fetches of one exchange by this node: the lease, and how the last fetch ended. */
    private static final class Fetched {
        final Lease lease;

        /** The last fetch, if that failed. */
        @Nullable
        Attempt failed;

        /**
         * Set if this node's last change of the bank may have been made after another node fetched a newer list. The list is then fetched
         * again.
         */
        boolean isLate;

        Fetched(Lease lease) {
            this.lease = lease;
        }
    }

    /**
     * Begins to fetch.
     *
     * @param fileFolder below which {@code local_file} may read
     * @param poll how often to look for changes
     * @param guard holds back what must not be banked silently
     * @param leases gives the lease of a name
     */
    public Exchanges(
            HashDb db,
            ExchangeRegistry registry,
            Path fileFolder,
            Duration poll,
            BankingGuard guard,
            Function<String, Lease> leases) {
        this(db, registry, exchange -> Partner.of(exchange, fileFolder), poll, guard, leases);
    }

    Exchanges(
            HashDb db,
            ExchangeRegistry registry,
            Function<Exchange, Partner> partners,
            Duration poll,
            BankingGuard guard,
            Function<String, Lease> leases) {
        this.db = db;
        this.registry = registry;
        this.partners = partners;
        this.guard = guard;
        this.leases = leases;
        thread.scheduleWithFixedDelay(this::fetchChanged, 0, poll.toMillis(), TimeUnit.MILLISECONDS);
        renewer.scheduleWithFixedDelay(this::renew, RENEW.toMillis(), RENEW.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** The exchanges in the order in which they were made. */
    public Collection<Exchange> all() {
        return registry.exchanges();
    }

    /** The exchange of that name. */
    public Optional<Exchange> find(String name) {
        return registry.exchange(name);
    }

    /** Since when it is being fetched; empty if it is not. */
    public Optional<Instant> runningSince(Exchange exchange) {
        Running now = running;
        return now != null && now.exchange.equals(exchange.name()) ? Optional.of(now.since) : Optional.empty();
    }

    /** Whether the bank holds what its partner lists, as far as is known. */
    public boolean isUpToDate(Exchange exchange) {
        Exchange.Progress progress = exchange.progress();
        return progress.error() == null
                && progress.version() != null
                && runningSince(exchange).isEmpty();
    }

    /** Whether credentials are set for that API. */
    public boolean hasCredentials(ExchangeApi api) {
        return !registry.credentials(api).isEmpty();
    }

    /** As {@link ExchangeRegistry#setCredentials}. */
    public void setCredentials(ExchangeApi api, Map<String, @Nullable Object> given) {
        registry.setCredentials(api, given);
    }

    /**
     * Makes an exchange and the bank of its name, and fetches it if it is enabled.
     *
     * @throws IllegalArgumentException naming a field of the configuration and what was expected
     * @throws ChangeRefusedException if the name is taken or no name of a bank
     */
    public void create(
            String name, ExchangeApi api, Map<String, @Nullable Object> given, boolean enabled, Origin origin) {
        Map<String, @Nullable Object> config = api.config(given);
        if (api.isFetched()) {
            // Refuses a configuration by which no partner could be reached.
            Objects.requireNonNull(partners.apply(Exchange.of(name, 0, api, config, enabled)));
        }
        changing.lock();
        try {
            if (registry.exchange(name).isPresent()) {
                throw new ChangeRefusedException(Reason.CONFLICT, "bank", "Exchange already exists");
            }
            db.apply(new Change.CreateBank(name), origin);
            long bankId = db.bank(name).map(Bank::id).orElseThrow();
            try {
                registry.put(Exchange.of(name, bankId, api, config, enabled));
            } catch (RuntimeException e) {
                db.apply(new Change.DeleteBank(name), origin);
                throw e;
            }
        } finally {
            changing.unlock();
        }
        wake();
    }

    /** Switches the fetching of an exchange on or off. What was banked stays. */
    public void setEnabled(String name, boolean enabled) {
        registry.update(name, exchange -> exchange.enabled(enabled));
        wake();
    }

    /** Deletes the exchange and its bank with all contents; nothing if there is none. */
    public void delete(String name, Origin origin) {
        changing.lock();
        try {
            Exchange exchange = registry.exchange(name).orElse(null);
            if (exchange == null) {
                return;
            }
            Optional<Bank> bank = bank(exchange);
            if (bank.isPresent()) {
                db.apply(new Change.DeleteBank(bank.get().name()), origin);
            }
            registry.remove(name);
        } finally {
            changing.unlock();
        }
    }

    /** The bank of an exchange, whatever its name is now; empty if it was deleted. */
    public Optional<Bank> bank(Exchange exchange) {
        return db.banks().stream()
                .filter(bank -> bank.id() == exchange.bankId())
                .findFirst();
    }

    private void wake() {
        try {
            thread.execute(this::fetchChanged);
        } catch (RejectedExecutionException e) {
            LOG.debug("closed; it is fetched at the next start", e);
        }
    }

    private void fetchChanged() {
        Collection<Exchange> exchanges;
        try {
            exchanges = registry.exchanges();
        } catch (RuntimeException e) {
            LOG.debug("no exchange is fetched", e); // Whoever asks for one is told why.
            return;
        }
        for (Exchange exchange : exchanges) {
            if (closed) {
                return;
            }
            if (exchange.enabled() && exchange.api().isFetched()) {
                Fetched known =
                        fetched.computeIfAbsent(exchange.bankId(), id -> new Fetched(leases.apply("exchange " + id)));
                try {
                    if (known.isLate) {
                        finish(exchange, Exchange.Progress::toFetchAnew);
                        known.isLate = false;
                    }
                    fetchIfChanged(exchange.name(), known);
                } catch (RuntimeException | Error e) {
                    LOG.error("exchange {}: the fetch failed", exchange.name(), e); // and the next one is fetched
                }
            }
        }
    }

    private boolean take(Lease lease) {
        try {
            return lease.take();
        } catch (IOException e) {
            LOG.debug("no lease", e);
            return false;
        }
    }

    private void renew() {
        Running now = running;
        if (now != null) {
            take(now.lease);
        }
    }

    private void fetchIfChanged(String name, Fetched known) {
        Lease lease = known.lease;
        if (!take(lease)) {
            return;
        }
        // As it is now that no other node fetches it.
        Exchange exchange = registry.exchange(name).orElse(null);
        if (exchange == null) {
            return;
        }
        Partner partner;
        String version;
        try {
            partner = partner(exchange);
            version = partner.version();
        } catch (FetchFailedException e) {
            if (!String.valueOf(e.getMessage()).equals(exchange.progress().error())) {
                fail(exchange, lease, String.valueOf(e.getMessage()));
            }
            lease.leave(); // Another node may have the file.
            return;
        }
        if (version.equals(exchange.progress().version())) {
            return;
        }
        Attempt last = known.failed;
        if (last != null && last.version.equals(version) && System.nanoTime() - last.nanos < RETRY.toNanos()) {
            return;
        }
        known.failed = new Attempt(version, System.nanoTime());
        running = new Running(exchange.name(), Instant.now(), lease);
        try {
            long items = fetch(exchange, partner, version, known);
            finish(exchange, now -> new Exchange.Progress(items, Instant.now(), null, version));
            known.failed = null;
            LOG.info("exchange {}: {} entries", exchange.name(), items);
        } catch (FetchFailedException e) {
            fail(exchange, lease, String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            if (!closed) {
                LOG.error("exchange {}: the fetch failed", exchange.name(), e);
            }
            fail(exchange, lease, "unexpected error, see the log");
        } finally {
            running = null;
            if (!lease.isHeld()) {
                known.failed = null; // Not for the list.
            }
        }
    }

    private Partner partner(Exchange exchange) throws FetchFailedException {
        try {
            return partners.apply(exchange);
        } catch (IllegalArgumentException e) {
            throw new FetchFailedException(String.valueOf(e.getMessage()));
        }
    }

    private long fetch(Exchange exchange, Partner partner, String version, Fetched known) throws FetchFailedException {
        Lease lease = known.lease;
        BankSync sync = new BankSync(db, exchange, guard, changing, () -> closed || !lease.isHeld());
        try {
            BankKind kind = bank(exchange).map(Bank::kind).orElse(BankKind.MATCH);
            partner.list(kind, sync::entry);
            sync.checkNotStopping();
            // What a list lacks that is still being written would be withdrawn.
            if (!partner.version().equals(version)) {
                throw new FetchFailedException("the list changed while it was read");
            }
            return sync.finish();
        } finally {
            known.isLate |= sync.mayHaveBeenLate() && !lease.isHeld();
        }
    }

    /** Tells why a fetch failed, unless it was broken off as this server stops or as another node fetches now. */
    private void fail(Exchange exchange, Lease lease, String why) {
        if (!closed && lease.isHeld()) {
            LOG.warn("exchange {}: not fetched: {}", exchange.name(), why);
            finish(exchange, now -> now.failed(Instant.now(), why));
        }
    }

    /** Unless it was deleted meanwhile, and perhaps another one made of its name. */
    private void finish(Exchange exchange, UnaryOperator<Exchange.Progress> progress) {
        registry.update(
                exchange.name(),
                now -> now.bankId() == exchange.bankId() ? now.progressed(progress.apply(now.progress())) : now);
    }

    /** Breaks off a fetch that is under way; it is done anew at the next start. */
    @Override
    public void close() {
        closed = true;
        renewer.shutdownNow();
        thread.shutdownNow();
        try {
            if (!thread.awaitTermination(STOP.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("a fetch is still under way and is left behind");
                return;
            }
            fetched.values().forEach(known -> known.lease.leave());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
