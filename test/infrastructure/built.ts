import { type Bundles, build, type LambdaName, lambdas } from "#lib/bundling/build.ts";
import { metafileOf } from "#lib/bundling/javascript.ts";

/** The bundles for this machine, built once a worker for all test files. */
export const bundles: Bundles = await build({ architecture: "host" });

/** The source files of each bundle. */
export const metafiles = Object.fromEntries(lambdas.map((name) => [name, metafileOf(name)])) as Record<
	LambdaName,
	ReturnType<typeof metafileOf>
>;
