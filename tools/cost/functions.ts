import prices from "./aws-prices.json" with { type: "json" };
import { type All, type Line, line, priceOf, whole } from "./line.ts";
import {
	apiRequests,
	idle,
	type Profile,
	perUpload,
	perUser,
} from "./usage.ts";

/** What runs, and the secrets it reads. */
export function functions(all: All, profile: Profile): Line[] {
	const { alwaysFree } = prices;
	const looks =
		profile.visionProvider === "offline" ? "offline" : ("provider" as const);
	const requests = apiRequests(profile);
	const runs: Record<string, [count: number, seconds: number]> = {
		api: [requests, perUser.secondsPerApiRequest],
		imageProcessor: [profile.uploads, perUpload.seconds.ImageProcessor],
		analyzer: [profile.uploads, perUpload.seconds.Analyzer[looks]],
		embedder: [profile.uploads, perUpload.seconds.Embedder],
		cleanup: [
			idle.sweeps + idle.sessionCounts,
			(idle.sweeps * idle.secondsPerSweep +
				idle.sessionCounts * idle.secondsPerSessionCount) /
				(idle.sweeps + idle.sessionCounts),
		],
		migrate: [0, 0],
	};
	let gbSeconds = 0;
	let calls = 0;
	let list = 0;
	for (const fn of all("AWS::Lambda::Function")) {
		const { MemorySize, Architectures, Environment } = fn;
		const [count, seconds] = runs[kindOf(Environment.Variables)] ?? [0, 0];
		const used = (count * seconds * MemorySize) / 1024;
		gbSeconds += used;
		calls += count;
		list += used * priceOf(prices.lambdaGbSecond, Architectures[0]);
	}
	return [
		line("Lambda time", `${whole(gbSeconds)} GB-s`, list, {
			free: list * Math.min(1, alwaysFree.lambdaGbSeconds / (gbSeconds || 1)),
		}),
		line(
			"Lambda requests",
			whole(calls),
			(calls / 1e6) * prices.lambdaRequestsMillion,
			{
				free: (alwaysFree.lambdaRequests / 1e6) * prices.lambdaRequestsMillion,
			},
		),
		// Each sandbox keeps a secret for five minutes, which is the sweeper's pause.
		line(
			"calls to secrets",
			whole(idle.sweeps),
			(idle.sweeps / 1e6) * prices.secretCallsMillion,
		),
	];
}

/** Which function it is: each has a variable that no other has. */
function kindOf(variables: Record<string, unknown>): string {
	if ("MIGRATION_SECRET_ARN" in variables) return "migrate";
	if ("JWKS_URL" in variables) return "api";
	if ("VISION_PROVIDER" in variables) return "analyzer";
	if ("EMBEDDING_PROVIDER" in variables) return "embedder";
	if ("MALLOC_ARENA_MAX" in variables) return "imageProcessor";
	return "cleanup";
}
