import { App, type AppProps, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { allRoutes, streamedRoutes } from "#lambdas/api/routes/table.ts";
import { type Bundles, build, bundledFiles } from "#lib/bundling/build.ts";
import type { Environment } from "#lib/environments.ts";
import { featureFlags } from "#lib/feature-flags.ts";
import { gitSha } from "#lib/git-sha.ts";
import { readEnvironment } from "#lib/read-environment.ts";
import { ApiStack } from "#lib/stacks/api-stack.ts";
import { ComputeStack } from "#lib/stacks/compute-stack.ts";
import { DatabaseStack } from "#lib/stacks/database-stack.ts";
import { MonitoringStack } from "#lib/stacks/monitoring-stack.ts";
import { StorageStack } from "#lib/stacks/storage-stack.ts";
import { WebStack } from "#lib/stacks/web-stack.ts";
import cdk from "../cdk.json" with { type: "json" };
import project from "../package.json" with { type: "json" };

/** Makes the app that the stacks are part of, with the CDK's feature flags as decided. */
export function newApp({ context, ...props }: AppProps = {}): App {
	return new App({ analyticsReporting: false, context: { ...featureFlags, ...context }, ...props });
}

/**
 * Makes the stacks: five, and the web app's where the environment has one. References go one way: web, database >
 * storage > compute > API > monitoring.
 */
export function collections(
	app: App,
	environment: Environment,
	bundles: Bundles,
	/** The commit that `/version` answers. */
	gitSha: string,
): void {
	const web = environment.web && new WebStack(app, environment, environment.web);
	const origins = [...environment.corsOrigins, ...(web ? [web.url] : [])];
	const database = new DatabaseStack(app, {
		environment,
		migrateBundle: bundles.migrate,
	});
	const storage = new StorageStack(app, {
		environment,
		origins,
		webUrl: web?.url ?? null,
		preSignUpBundle: bundles["pre-sign-up"],
	});
	const compute = new ComputeStack(app, {
		environment,
		database,
		storage,
		bundles,
		version: project.version,
		gitSha,
		origins,
	});
	const api = new ApiStack(app, {
		environment,
		origins,
		storage,
		compute,
		routes: allRoutes,
		streamedRoutes,
	});
	new MonitoringStack(app, { environment, database, compute, api });
	Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}

if (import.meta.main) await synthesize();

async function synthesize(): Promise<void> {
	const app = newApp({ context: cdk.context });
	let environment: Environment;
	try {
		environment = readEnvironment(
			app.node.tryGetContext("environments"),
			app.node.tryGetContext("env"),
			app.node.tryGetContext("machine"),
		);
	} catch (error) {
		// The mistake is in cdk.json or on the command line: a stack trace would only hide it.
		console.error((error as Error).message);
		process.exit(1);
	}
	const bundles = await build(environment);
	// Not HEAD: a commit that changes no code would redeploy the api.
	collections(app, environment, bundles, gitSha(bundledFiles()));
	app.synth();
}
