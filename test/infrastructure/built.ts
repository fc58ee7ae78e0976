import { type Bundles, build, type LambdaName, lambdas, metafileOf } from "#lib/bundling/build.ts";

/** The bundles for this machine: built once a worker, for all files that look into them. */
export const bundles: Bundles = await build({ architecture: "host" });

/** Which source files each bundle is made of. */
export const metafiles = Object.fromEntries(lambdas.map((name) => [name, metafileOf(name)])) as Record<
	LambdaName,
	ReturnType<typeof metafileOf>
>;
