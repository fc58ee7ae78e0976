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
	/** The calls that no other grant allowed, by grant. */
	needed: Map<Grant, Set<string>>;
	milliseconds: number;
}

let system: GrantsCloud;
const observations: Observation[] = [];

beforeAll(async () => {
	system = await startGrantsCloud();
});
afterAll(() => system?.stop());

const callOf = ({ caller, permission }: Decision) => `${caller.arn} ${permission.action}`;

async function observe(scenario: GrantScenario): Promise<Observation> {
	const needed: Observation["needed"] = new Map();
	const stop = system.cloud.access.watch((decision) => {
		const [grant, ...others] = decision.by;
		if (!grant || others.length > 0) return;
		if (!(scenario.provesActions ?? provesByDefault).test(decision.permission.action)) return;
		const calls = needed.get(grant) ?? new Set();
		needed.set(grant, calls.add(callOf(decision)));
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
	grant: Grant,
	{ scenario, needed, milliseconds }: Observation,
): Promise<{ failed: boolean; how: string }> {
	const calls = needed.get(grant);
	const refused = Promise.withResolvers<string>();
	const stop = system.cloud.access.watch((decision) => {
		if (!decision.allowed && calls?.has(callOf(decision))) {
			refused.resolve(callOf(decision));
		}
	});
	const over = new AbortController();
	let ended: string | undefined;
	const began = performance.now();
	const restore = system.withhold([grant]);
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
	for (const scenario of grantScenarios) observations.push(await observe(scenario));
	// The quickest scenario that needs a grant is tried first.
	observations.sort((a, b) => a.milliseconds - b.milliseconds);
	expect(observations).toHaveLength(grantScenarios.length);
}, 600_000);

test("every grant of the templates is needed by a scenario", () => {
	const needed = new Set(observations.flatMap((each) => [...each.needed.keys()]));
	const idle = system.cloud.access.grants.filter((grant) => !needed.has(grant));
	expect(idle.map(({ id }) => id)).toEqual([]);
});

test("withholding any grant makes a scenario fail, and all succeed again with every grant", async () => {
	const { grants } = system.cloud.access;
	expect(grants.length).toBeGreaterThan(50);
	const unneeded: string[] = [];
	for (const grant of grants) {
		const tried: string[] = [];
		let failed = false;
		for (const each of observations.filter(({ needed }) => needed.has(grant))) {
			const outcome = await runWithout(grant, each);
			failed = outcome.failed;
			if (failed) break;
			tried.push(`${each.scenario.name}: ${outcome.how}`);
		}
		if (!failed) unneeded.push([grant.id, ...tried].join("\n\t"));
	}
	expect(unneeded).toEqual([]);
	for (const { scenario } of observations) {
		// In this order a scenario may follow one whose last events are still on their way.
		await system.purge();
		await observe(scenario);
	}
}, 1_500_000);
