import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Decision } from "#cdk-local/services/iam/access.ts";
import type { Grant } from "#cdk-local/services/iam/policy.ts";
import { type GrantsCloud, startGrantsCloud } from "./grants/grants-cloud.ts";
import { grantScenarios } from "./grants/scenarios.ts";
import type { GrantScenario } from "./grants/steps.ts";

/** An act that succeeded, the grants it would not have succeeded without, and how long it took. */
interface Seen {
	act: GrantScenario;
	/** The calls that each grant alone allowed. */
	needed: Map<Grant, Set<string>>;
	milliseconds: number;
}

let world: GrantsCloud;
const seen: Seen[] = [];

beforeAll(async () => {
	world = await startGrantsCloud();
	for (const act of grantScenarios) seen.push(await watched(act));
	// The quickest first: where several need a grant, one of them shows it.
	seen.sort((a, b) => a.milliseconds - b.milliseconds);
}, 180_000);
afterAll(() => world?.stop());

const callOf = ({ caller, permission }: Decision) =>
	`${caller.arn} ${permission.action}`;

async function watched(act: GrantScenario): Promise<Seen> {
	const needed: Seen["needed"] = new Map();
	const stop = world.cloud.access.watch((decision) => {
		const [grant, ...others] = decision.by;
		if (!grant || others.length > 0) return;
		if (!(act.speaksFor ?? /^(?!logs:|sqs:)/).test(decision.permission.action))
			return;
		const calls = needed.get(grant) ?? new Set();
		needed.set(grant, calls.add(callOf(decision)));
	});
	const began = performance.now();
	try {
		await act.run(world, AbortSignal.timeout(30_000));
	} catch (cause) {
		throw new Error(`With every grant: ${act.name}: ${cause}`, { cause });
	} finally {
		stop();
	}
	return { act, needed, milliseconds: performance.now() - began };
}

/** Does an act again without one of the grants it needs, and says what came of it. */
async function without(
	grant: Grant,
	{ act, needed, milliseconds }: Seen,
): Promise<{ failed: boolean; how: string }> {
	const calls = needed.get(grant);
	const refused = Promise.withResolvers<string>();
	const stop = world.cloud.access.watch((decision) => {
		if (!decision.allowed && calls?.has(callOf(decision))) {
			refused.resolve(callOf(decision));
		}
	});
	const over = new AbortController();
	let ended: string | undefined;
	grant.withheld = true;
	const running = act.run(world, over.signal).then(
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
			// An act that ends without the refusal has not needed the grant, or has failed by something else.
			running.then(() => sleep(100)).then(() => undefined),
		]);
		if (!call) return { failed: false, how: `nothing was refused, ${ended}` };
		// What was refused may be tried again, but must not be done by then.
		await Promise.race([running, sleep(500 + 2 * milliseconds)]);
		return {
			failed: ended !== "it succeeded",
			how: `${call}: ${ended ?? "never done"}`,
		};
	} finally {
		stop();
		over.abort();
		// It gives back what it has taken away itself; a call that hangs is not waited for.
		await Promise.race([running, sleep(2_000)]);
		grant.withheld = false;
		await world.purge();
	}
}

test("every grant of the templates is needed by something that the system does", () => {
	const needed = new Set(seen.flatMap((each) => [...each.needed.keys()]));
	const idle = world.cloud.access.grants.filter((grant) => !needed.has(grant));
	expect(idle.map(({ id }) => id)).toEqual([]);
});

test("without any one grant something fails, and with it again it does not", async () => {
	const { grants } = world.cloud.access;
	expect(grants.length).toBeGreaterThan(50);
	const survived: string[] = [];
	for (const grant of grants) {
		const tried: string[] = [];
		let failed = false;
		for (const each of seen.filter(({ needed }) => needed.has(grant))) {
			const outcome = await without(grant, each);
			failed = outcome.failed;
			if (failed) break;
			tried.push(`${each.act.name}: ${outcome.how}`);
		}
		if (!failed) survived.push([grant.id, ...tried].join("\n\t"));
	}
	expect(survived).toEqual([]);
	for (const { act } of seen) await watched(act);
}, 900_000);
