package org.semblance.server;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.lang.foreign.Linker;
import org.semblance.hashdb.HashDb;

/** The fences between the packages: what a library is used by, and that nothing looks up. */
@AnalyzeClasses(packages = "org.semblance", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    /** What a request goes through until a route answers it. */
    private static final String[] BELOW_THE_ROUTES = {
        "org.semblance.server.http",
        "org.semblance.server.body",
        "org.semblance.server.route",
        "org.semblance.server.wire",
        "org.semblance.server.call"
    };

    @ArchTest
    static final ArchRule nativeCodeHasOneSeam = onlyIn("org.semblance.engine.media.internal..", "org.bytedeco");

    @ArchTest
    static final ArchRule nettyIsTheTransportOnly = noClasses()
            .that()
            .resideOutsideOfPackages(BELOW_THE_ROUTES)
            .and()
            .resideOutsideOfPackage("org.semblance.server.fetch")
            .should()
            .dependOnClassesThat(in("io.netty"))
            .because("the wire is one concern, inward and outward");

    @ArchTest
    static final ArchRule sqlIsForWhatIsStored = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "org.semblance.hashdb.catalog.audit",
                    "org.semblance.hashdb.catalog.postgres",
                    "org.semblance.hashdb.catalog.query",
                    "org.semblance.hashdb.catalog.rows",
                    "org.semblance.hashdb.catalog.sql",
                    "org.semblance.hashdb.catalog.write",
                    "org.semblance.hashdb.matchlog",
                    "org.semblance.hashdb.outbox")
            .should()
            .dependOnClassesThat(in("java.sql", "org.sqlite"))
            .because("the catalog, the match log and the outbox have a file each");

    @ArchTest
    static final ArchRule postgresHasOneRoom = onlyIn("org.semblance.hashdb.catalog.postgres", "org.postgresql");

    @ArchTest
    static final ArchRule theOutboxKnowsFilesOnly =
            dependOnOnly("org.semblance.hashdb.outbox", "org.semblance.hashdb.file", "org.slf4j", "org.sqlite");

    @ArchTest
    static final ArchRule recentUploadsKnowNoCatalog = dependOnOnly(
            "org.semblance.hashdb.recent",
            "org.semblance.hashdb.hash",
            "org.semblance.hashdb.file",
            "org.semblance.hashdb.index",
            "org.semblance.hashdb.offheap",
            "org.slf4j");

    @ArchTest
    static final ArchRule theMatchLogKnowsTheJournalOnly = dependOnOnly(
            "org.semblance.hashdb.matchlog",
            "org.semblance.hashdb.catalog",
            "org.semblance.hashdb.hash",
            "org.semblance.hashdb.json",
            "tools.jackson",
            "org.slf4j",
            "org.sqlite");

    @ArchTest
    static final ArchRule picocliIsTheCommandLines = onlyIn("org.semblance.server.cli..", "picocli", "me.tongfei");

    @ArchTest
    static final ArchRule hashesAreJdkOnly = dependOnOnly("org.semblance.hashdb.hash");

    @ArchTest
    static final ArchRule theIndexKnowsHashesOnly = dependOnOnly(
            "org.semblance.hashdb.index",
            "org.semblance.hashdb.hash",
            "org.semblance.hashdb.file",
            "org.semblance.hashdb.offheap",
            "jdk.incubator",
            "org.slf4j");

    @ArchTest
    static final ArchRule memoryKnowsNoIndex =
            dependOnOnly("org.semblance.hashdb.offheap", "org.semblance.hashdb.libc", "org.slf4j");

    @ArchTest
    static final ArchRule filesKnowNoIndex =
            dependOnOnly("org.semblance.hashdb.file", "org.semblance.hashdb.hash", "org.semblance.hashdb.offheap");

    @ArchTest
    static final ArchRule kernelsKnowMemoryOnly = dependOnOnly(
            "org.semblance.hashdb.index.kernel",
            "org.semblance.hashdb.natives",
            "org.semblance.hashdb.offheap",
            "jdk.incubator",
            "org.slf4j");

    @ArchTest
    static final ArchRule linuxKnowsNoWorker =
            dependOnOnly("org.semblance.engine.worker.linux", "org.semblance.hashdb.libc");

    @ArchTest
    static final ArchRule theLibraryOfCIsALeaf = dependOnOnly("org.semblance.hashdb.libc");

    @ArchTest
    static final ArchRule ourOwnLibraryIsALeaf =
            dependOnOnly("org.semblance.hashdb.natives", "org.semblance.hashdb.libc");

    @ArchTest
    static final ArchRule digestsKnowOurOwnLibraryOnly =
            dependOnOnly("org.semblance.hashdb.digest", "org.semblance.hashdb.natives", "org.slf4j");

    @ArchTest
    static final ArchRule theLibraryOfCHasOneCaller = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "org.semblance.hashdb.libc",
                    "org.semblance.hashdb.natives",
                    "org.semblance.engine.media.internal..")
            .should()
            .dependOnClassesThat(describe("are Linker", type -> type.getName().startsWith(Linker.class.getName())))
            .because("one shape of call serves them all; decoders and our own library have functions of their own");

    @ArchTest
    static final ArchRule featuresKnowNoCatalog = dependOnOnly(
            "org.semblance.hashdb.features",
            "org.semblance.hashdb.hash",
            "org.semblance.hashdb.file",
            "org.semblance.hashdb.index",
            "org.semblance.hashdb.offheap");

    @ArchTest
    static final ArchRule pdqKnowsHashesOnly =
            dependOnOnly("org.semblance.engine.pdq", "org.semblance.hashdb.hash", "org.semblance.hashdb.natives");

    @ArchTest
    static final ArchRule micrometerIsTheMetrics =
            onlyIn("org.semblance.server.metrics", "io.micrometer", "io.prometheus");

    @ArchTest
    static final ArchRule keysKnowNoTransport = dependOnOnly(
            "org.semblance.server.auth", "org.semblance.hashdb", "org.semblance.engine", "tools.jackson", "org.slf4j");

    @ArchTest
    static final ArchRule routesSeeTheDatabaseAsTheirCallerMay = noClasses()
            .that()
            .resideInAnyPackage("org.semblance.server.api", "org.semblance.server.hma")
            .or()
            .resideInAnyPackage(BELOW_THE_ROUTES)
            .should()
            .callMethodWhere(
                    describe("it is of HashDb", call -> call.getTargetOwner().isEquivalentTo(HashDb.class)))
            .because("ScopedDb checks the scope of the caller's key on each object");

    @ArchTest
    static final ArchRule thereIsNoCycle =
            slices().matching("org.semblance.(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule theTransportKnowsNoRoutes = noClasses()
            .that()
            .resideInAnyPackage(BELOW_THE_ROUTES)
            .should()
            .dependOnClassesThat(in("org.semblance.server.api", "org.semblance.server.hma"))
            .because("they are handed to it");

    @ArchTest
    static final ArchRule theWireKnowsNoCalls = noClasses()
            .that()
            .resideInAPackage("org.semblance.server.wire")
            .should()
            .dependOnClassesThat(in(
                    "org.semblance.server.body",
                    "org.semblance.server.route",
                    "org.semblance.server.call",
                    "org.semblance.server.auth",
                    "org.semblance.server.work"))
            .because("a handler of each request is handed to it");

    @ArchTest
    static final ArchRule theNativeApiDoesNotKnowHma = noClasses()
            .that()
            .resideInAPackage("org.semblance.server.api")
            .should()
            .dependOnClassesThat(in("org.semblance.server.hma"));

    @ArchTest
    static final ArchRule hmaDoesNotKnowTheNativeApi = noClasses()
            .that()
            .resideInAPackage("org.semblance.server.hma")
            .should()
            .dependOnClassesThat(in("org.semblance.server.api"));

    private static ArchRule onlyIn(String owner, String... libraries) {
        return noClasses()
                .that()
                .resideOutsideOfPackage(owner)
                .should()
                .dependOnClassesThat(in(libraries))
                .because(owner + " is the one place that may use " + String.join(", ", libraries));
    }

    private static ArchRule dependOnOnly(String owner, String... others) {
        return classes()
                .that()
                .resideInAPackage(owner)
                .should()
                .onlyDependOnClassesThat(in(others)
                        .or(in(owner, "java", "org.jspecify"))
                        .or(describe("primitives and arrays", c -> c.isPrimitive() || c.isArray())));
    }

    private static DescribedPredicate<JavaClass> in(String... packages) {
        return describe("are in " + String.join(", ", packages), type -> {
            String name = type.getBaseComponentType().getPackageName();
            for (String prefix : packages) {
                if (name.equals(prefix) || name.startsWith(prefix + ".")) {
                    return true;
                }
            }
            return false;
        });
    }
}
