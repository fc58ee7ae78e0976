import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Decision } from "#cdk-local/services/iam/access.ts";
import type { Grant } from "#cdk-local/services/iam/policy.ts";
import { type GrantsCloud, startGrantsCloud } from "./grants/grants-cloud.ts";
import { grantScenarios } from "./grants/scenarios.ts";
import { type GrantScenario, provesByDefault } from "./grants/steps.ts";

/** The grants that a successful run of a scenario needed, and its duration. */
interface Observation {
	scenario: GrantScenario;
	/** The calls that no other grant allowed, by the grant's place among those of its cloud. */
	needed: Map<number, Set<string>>;
	milliseconds: number;
}

/** Clouds of the same templates. The scenarios mostly wait, so the grants are tried on all of them at once. */
const cloudCount = 2;
let systems: GrantsCloud[] = [];
const observations: Observation[] = [];

beforeAll(async () => {
	systems = await Promise.all(Array.from({ length: cloudCount }, startGrantsCloud));
});
afterAll(() => Promise.all(systems.map((system) => system.stop())));

/** Every cloud takes one of the values after the other, until none is left. */
async function onEveryCloud<T>(values: readonly T[], use: (system: GrantsCloud, value: T) => Promise<void>) {
	const left = [...values];
	await Promise.all(
		systems.map(async (system) => {
			for (let value = left.shift(); value !== undefined; value = left.shift()) await use(system, value);
		}),
	);
}

function grantAt({ cloud }: GrantsCloud, place: number): Grant {
	const grant = cloud.access.grants[place];
	if (!grant) throw new Error(`There is no grant ${place}.`);
	return grant;
}

const callOf = ({ caller, permission }: Decision) => `${caller.arn} ${permission.action}`;

async function observe(system: GrantsCloud, scenario: GrantScenario): Promise<Observation> {
	const needed: Observation["needed"] = new Map();
	const { grants } = system.cloud.access;
	const stop = system.cloud.access.watch((decision) => {
		const [grant, ...others] = decision.by;
		if (!grant || others.length > 0) return;
		if (!(scenario.provesActions ?? provesByDefault).test(decision.permission.action)) return;
		const place = grants.indexOf(grant);
		const calls = needed.get(place) ?? new Set();
		needed.set(place, calls.add(callOf(decision)));
	});
	const began = performance.now();
	try {
		const signal = AbortSignal.timeout(100_000);
		await scenario.run(system.until(signal), signal);
	} catch (cause) {
		throw new Error(`With every grant: ${scenario.name}: ${cause}`, { cause });
	} finally {
		stop();
	}
	return { scenario, needed, milliseconds: performance.now() - began };
}

/** Runs a scenario while a grant that it needs is withheld. @returns whether and how it failed */
async function runWithout(
	system: GrantsCloud,
	place: number,
	{ scenario, needed, milliseconds }: Observation,
): Promise<{ failed: boolean; how: string }> {
	const calls = needed.get(place);
	const refused = Promise.withResolvers<string>();
	const stop = system.cloud.access.watch((decision) => {
		if (!decision.allowed && calls?.has(callOf(decision))) {
			refused.resolve(callOf(decision));
		}
	});
	const over = new AbortController();
	let ended: string | undefined;
	const began = performance.now();
	const restore = system.withhold([grantAt(system, place)]);
	const running = scenario.run(system.until(over.signal), over.signal).then(
		() => {
			ended = "it succeeded";
		},
		(error: Error) => {
			ended = error.message;
		},
	);
	try {
		const call = await Promise.race([
			refused.promise,
			// A scenario that ends without a refused call did not need the grant, or failed for another reason.
			running.then(() => sleep(100)).then(() => undefined),
		]);
		if (!call) return { failed: false, how: `nothing was refused, ${ended}` };
		// The system may retry the refused call, but must not succeed in the time that it takes with the grant.
		await Promise.race([running, sleep(500 + Math.max(0, began + milliseconds - performance.now()))]);
		return {
			failed: ended !== "it succeeded",
			how: `${call}: ${ended ?? "never done"}`,
		};
	} finally {
		stop();
		over.abort();
		// What it still does would meet the next scenario.
		await running;
		restore();
		await system.purge();
	}
}

test("every scenario succeeds with every grant", async () => {
	await onEveryCloud(grantScenarios, async (system, scenario) => {
		observations.push(await observe(system, scenario));
	});
	// The quickest scenario that needs a grant is tried first.
	observations.sort((a, b) => a.milliseconds - b.milliseconds);
	expect(observations).toHaveLength(grantScenarios.length);
}, 600_000);

test("every grant of the templates is needed by a scenario", () => {
	const needed = new Set(observations.flatMap((each) => [...each.needed.keys()]));
	const idle = systems.flatMap(({ cloud }) => cloud.access.grants.filter((_, place) => !needed.has(place)));
	expect(idle.map(({ id }) => id)).toEqual([]);
});

test("withholding any grant makes a scenario fail, and all succeed again with every grant", async () => {
	const [count = 0, ...others] = systems.map(({ cloud }) => cloud.access.grants.length);
	expect(count).toBeGreaterThan(50);
	for (const other of others) expect(other).toBe(count);
	const unneeded: string[] = [];
	await onEveryCloud([...Array(count).keys()], async (system, place) => {
		const tried: string[] = [];
		for (const each of observations.filter(({ needed }) => needed.has(place))) {
			const { failed, how } = await runWithout(system, place, each);
			if (failed) return;
			tried.push(`${each.scenario.name}: ${how}`);
		}
		unneeded.push([grantAt(system, place).id, ...tried].join("\n\t"));
	});
	expect(unneeded).toEqual([]);
	await Promise.all(
		systems.map(async (system) => {
			for (const { scenario } of observations) {
				// In this order a scenario may follow one whose last events are still on their way.
				await system.purge();
				await observe(system, scenario);
			}
		}),
	);
}, 1_500_000);
