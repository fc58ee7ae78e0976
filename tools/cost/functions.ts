import {
	type BilledSeconds,
	jobWorker,
	type StageName,
	stageNames,
	stages,
	webhookWorker,
} from "#core/pipeline/stages.ts";
import prices from "./aws-prices.json" with { type: "json" };
import { type All, type Line, line, priceOf, whole } from "./line.ts";
import { apiRequests, idle, type Profile, perUpload, perUser } from "./usage.ts";

/** Prices the functions' time and requests, and their calls to secrets. */
export function functions(all: All, profile: Profile): Line[] {
	const { alwaysFree } = prices;
	const requests = apiRequests(profile);
	const streams = profile.users * perUser.streamedAnswers;
	const runs: Record<string, readonly [count: number, seconds: number]> = {
		Api: [requests - streams, perUser.secondsPerApiRequest],
		Stream: [streams, perUser.secondsPerStream],
		...Object.fromEntries(
			stageNames.map((name) => [stages[name].id, [profile.uploads, billedSeconds(name, profile)] as const]),
		),
		[jobWorker.id]: [profile.users * perUser.jobSlices, perUser.secondsPerJobSlice],
		[webhookWorker.id]: [profile.uploads * perUpload.deliveries, perUpload.secondsPerDelivery],
		Cleanup: [
			idle.sweeps + idle.sessionCounts,
			(idle.sweeps * idle.secondsPerSweep + idle.sessionCounts * idle.secondsPerSessionCount) /
				(idle.sweeps + idle.sessionCounts),
		],
		Migrate: [0, 0],
		PreSignUp: [0, 0],
	};
	let gbSeconds = 0;
	let calls = 0;
	let list = 0;
	for (const fn of all("AWS::Lambda::Function")) {
		const { MemorySize, Architectures, logicalId } = fn;
		const id = Object.keys(runs).find((id) => logicalId.startsWith(id));
		const [count, seconds] = (id && runs[id]) || unknown(logicalId);
		const used = (count * seconds * MemorySize) / 1024;
		gbSeconds += used;
		calls += count;
		list += used * priceOf(prices.lambdaGbSecond, Architectures[0]);
	}
	return [
		line("Lambda time", `${whole(gbSeconds)} GB-s`, list, {
			free: list * Math.min(1, alwaysFree.lambdaGbSeconds / (gbSeconds || 1)),
		}),
		line("Lambda requests", whole(calls), (calls / 1e6) * prices.lambdaRequestsMillion, {
			free: (alwaysFree.lambdaRequests / 1e6) * prices.lambdaRequestsMillion,
		}),
		// A sandbox caches a secret for five minutes, the sweeper's interval.
		line("calls to secrets", whole(idle.sweeps), (idle.sweeps / 1e6) * prices.secretCallsMillion),
	];
}

function billedSeconds(name: StageName, profile: Profile): number {
	const { billedSeconds }: { billedSeconds: BilledSeconds } = stages[name];
	if (typeof billedSeconds === "number") return billedSeconds;
	return profile.visionProvider === "offline" ? billedSeconds.offline : billedSeconds.provider;
}

function unknown(logicalId: string): never {
	throw new Error(`The duration of ${logicalId} is not known: add it to tools/cost/functions.ts.`);
}
