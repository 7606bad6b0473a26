package org.semblance.bench;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The fences between the packages of the benchmarks. */
@AnalyzeClasses(packages = "org.semblance.bench", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule thereIsNoCycle =
            slices().matching("org.semblance.bench.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule theHarnessKnowsNoRun = noClasses()
            .that()
            .resideInAPackage("org.semblance.bench.harness")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.semblance.bench",
                    "org.semblance.bench.browser",
                    "org.semblance.bench.edits",
                    "org.semblance.bench.hash",
                    "org.semblance.bench.hostile",
                    "org.semblance.bench.load",
                    "org.semblance.bench.lookup",
                    "org.semblance.bench.retro",
                    "org.semblance.bench.robustness",
                    "org.semblance.bench.video");

    @ArchTest
    static final ArchRule editsKnowNothingElse = noClasses()
            .that()
            .resideInAPackage("org.semblance.bench.edits")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.semblance.bench.robustness", "org.semblance.bench.harness", "org.semblance.server..");
}
