package org.semblance.server.call;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.semblance.engine.MatchOptions;
import org.semblance.server.auth.Caller;
import org.semblance.server.auth.Gate;
import org.semblance.server.auth.Session;
import org.semblance.server.config.ServerConfig;
import org.semblance.server.http.Dialect;
import org.semblance.server.http.Errors;
import org.semblance.server.http.HttpError;
import org.semblance.server.http.Phase;
import org.semblance.server.http.Response;
import org.semblance.server.http.WebPage;
import org.semblance.server.route.Request;
import org.semblance.server.route.Route;
import org.semblance.server.route.Router;
import org.semblance.server.wire.Wire;

/** What the head of a request says, as far as it has been read: the route, the caller and the query. */
final class Admission {
    /** In the metrics, of a request that no route took. */
    private static final String NO_ROUTE = "none";

    private static final String CACHE_CONTROL = "Cache-Control";

    private Dialect dialect = Dialect.NATIVE;
    private Router.@Nullable Found found;
    private Map<String, List<String>> query = Map.of();
    private Gate.@Nullable Pass pass;
    private @Nullable WebPage page;

    /** The session of the person who asks, if a page of the console does; else null. */
    private @Nullable Session session;

    /**
     * Reads the head and admits the request. The order of the steps decides what a refusal says, and to whom:
     *
     * <ol>
     *   <li>The path gives the dialect, in which every later refusal is worded.
     *   <li>The framing is checked, before anything in the head is trusted.
     *   <li>The route is found, so that later refusals count as refusals of that route.
     *   <li>A stopping server refuses, before a key is charged for the request.
     *   <li>The key is checked, or the session of the console; without either, the host and the web page that ask. Nobody else
     *       learns more about the route.
     *   <li>The query is checked.
     * </ol>
     *
     * @throws HttpError if the request is refused
     * @throws org.semblance.server.auth.AccessRefusedException if its key is
     */
    void admit(Calls calls, Wire wire, HttpRequest head) {
        String target = Heads.target(head.uri());
        int mark = target.indexOf('?');
        String path = Router.path(mark < 0 ? target : target.substring(0, mark));
        dialect = calls.router().dialect(path);
        wire.check(head);
        Router.Found it = calls.router().find(head.method().name(), path);
        found = it;
        Route route = it.route();
        dialect = route.dialect();
        if (calls.lifecycle().hasReached(Phase.STOPPING) && !(route.action() instanceof Route.Immediate)) {
            throw HttpError.busy("the server is stopping");
        }
        HttpHeaders headers = head.headers();
        Heads.setHost(headers, head.uri());
        WebPage asking = new WebPage(headers, calls.config().tls() != null);
        page = asking;
        List<String> secrets = Heads.secrets(headers);
        Session signedIn = secrets.isEmpty() && calls.config().console() && asking.isOwn()
                ? calls.gate().sessions().find(asking.cookie(), asking.isUse()).orElse(null)
                : null;
        session = signedIn;
        if (signedIn == null) {
            pass = calls.gate().admit(secrets, route.role(), route.forOps());
        } else {
            if (!route.method().equals("GET")) {
                asking.requireConsole();
            }
            pass = calls.gate().admit(signedIn, route.role(), route.forOps());
            Heads.setActor(headers, signedIn.person());
        }
        if (route.role() != null && caller().key() == null) {
            Heads.refuseStrangeHosts(headers, calls.hostNames());
            if (route.changes()) {
                refuseWebPages(calls, asking, headers);
            }
        }
        query = mark < 0 ? Map.of() : Heads.query(target.substring(mark + 1));
        Heads.checkParameters(route, query);
    }

    /** Lets the console of this machine make changes where no key is asked for, and no other page. */
    private static void refuseWebPages(Calls calls, WebPage asking, HttpHeaders headers) {
        if (!calls.config().console() || !headers.contains(WebPage.CONSOLE_FIELD)) {
            Heads.refuseWebPages(headers);
            return;
        }
        asking.requireConsole();
        if (!asking.isOnLoopback()) {
            throw HttpError.field(
                    403,
                    "Host",
                    headers.get(HttpHeaderNames.HOST),
                    "localhost or an address of this machine's own for a change without a key; else make a key first");
        }
    }

    Dialect dialect() {
        return dialect;
    }

    /** What a browser says of the page that asks. */
    WebPage page() {
        WebPage it = page;
        if (it == null) {
            throw new IllegalStateException("not admitted yet");
        }
        return it;
    }

    /**
     * The answer as a browser may have it: what a person sees who has signed in is kept nowhere, unless the answer itself says how
     * long, as a file of the console does.
     */
    Response kept(Response response) {
        return session == null || response.headers().containsKey(CACHE_CONTROL)
                ? response
                : response.with(Map.of(CACHE_CONTROL, "no-store"));
    }

    Router.Found found() {
        Router.Found it = found;
        if (it == null) {
            throw new IllegalStateException("no route yet");
        }
        return it;
    }

    Route route() {
        return found().route();
    }

    /** The method of the route, for the metrics. */
    String method() {
        return found == null ? NO_ROUTE : route().method();
    }

    /** The pattern of the route, for the metrics. */
    String pattern() {
        return found == null ? NO_ROUTE : route().pattern();
    }

    Map<String, List<String>> query() {
        return query;
    }

    /** The first value of a parameter, if the route takes it and it was sent. */
    @Nullable
    String query(String parameter) {
        List<String> values = route().parameters().contains(parameter) ? query.get(parameter) : null;
        return values == null ? null : values.getFirst();
    }

    /** Who makes the request. */
    Caller caller() {
        Gate.Pass it = pass;
        return it == null ? Caller.NOBODY : it.caller();
    }

    /** Whether the key or the session that it came with is still good. */
    boolean holds(Calls calls) {
        Gate.Pass it = pass;
        boolean signedOut = session != null
                && calls.gate().sessions().find(page().cookie(), false).isEmpty();
        return !signedOut && (it == null || calls.gate().holds(it));
    }

    /** Ends the request's share in the limits of its key. May be called by any thread, and more than once. */
    void leave() {
        Gate.Pass it = pass;
        if (it != null) {
            it.close();
        }
    }

    /** The answer to this request if it has failed for that reason. */
    Response answer(Throwable why) {
        return why instanceof HttpError error && found == null
                ? dialect.routingError(error)
                : Errors.answer(why, dialect);
    }

    /**
     * How long the request may take, in milliseconds.
     *
     * @param slow whether the request is for the lane of videos
     */
    long deadlineMs(boolean slow, ServerConfig config) {
        String asked = query("deadline_ms");
        if (asked != null) {
            return Request.parse("deadline_ms", asked, 1, 600_000);
        }
        if (!slow) {
            return config.deadlineMs();
        }
        return route().takes().isBanked() ? config.bankDeadlineMs() : config.videoDeadlineMs();
    }

    /**
     * The oldest version of the list that may answer; 0 if any may.
     *
     * @throws HttpError 400 if what the request says is not a version
     */
    long minListVersion(HttpHeaders headers) {
        if (route().action() instanceof Route.Immediate) {
            return 0;
        }
        String asked = query(Request.MIN_LIST_VERSION);
        if (asked != null) {
            return Request.parse(Request.MIN_LIST_VERSION, asked, 0, Long.MAX_VALUE);
        }
        String field = headers.get(Heads.MIN_LIST_VERSION);
        return field == null ? 0 : Request.parse(Heads.MIN_LIST_VERSION, field.strip(), 0, Long.MAX_VALUE);
    }

    /** The banks that a match is asked of, before anything is checked; empty if that is none of its caller's. */
    Optional<MatchOptions> askedBanks() {
        Set<String> own = caller().banks();
        String named = query("banks");
        if (named == null || named.isEmpty()) {
            return Optional.of(new MatchOptions(own));
        }
        Set<String> asked = new HashSet<>(Arrays.asList(named.split(",")));
        if (!own.isEmpty()) {
            asked.retainAll(own);
        }
        return asked.isEmpty() ? Optional.empty() : Optional.of(new MatchOptions(asked));
    }
}
