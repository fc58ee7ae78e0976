// make bench-fair: what one person at full abuse costs twenty others.

import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { CollectionsClient } from "#client/index.ts";
import { readOutputsFile } from "#deployment/outputs.ts";
import { ensureUser, signIn } from "#deployment/users.ts";
import { invoke, operatorOf, synthesize } from "#tools/local/local-environment.ts";
import { describeInstantly, startCloudProcess } from "../../system/cloud-process.ts";
import { Control } from "../../system/control.ts";
import { demand, mean, measured, median, minDemand, quantile, report } from "../report.ts";
import { type AttackName, attacks } from "./attacks.ts";
import { type Person, prepare, type Times } from "./people.ts";
import { type Measured, measureRounds, type Phase, phases } from "./rounds.ts";

const people = 20;
const seconds = Number(process.env.SECONDS || 30);
const rounds = Number(process.env.ROUNDS || 5);
const chosen = (process.env.ATTACK || "full").split(",") as AttackName[];
const unknown = chosen.filter((name) => !Object.hasOwn(attacks, name));
if (unknown.length > 0) throw new Error(`ATTACK has ${unknown}: set it to some of ${Object.keys(attacks)}.`);
/** Requests of all twenty in a second. */
const pace = { list: 8, search: 4, upload: 0.5 };
const maxSlowdown = 1.5;

const directory = await mkdtemp(path.join(tmpdir(), "collections-fair-"));
const options = {
	assembly: path.join(directory, "cdk.out"),
	stateDir: path.join(directory, "state"),
	outputsFile: path.join(directory, "outputs.json"),
};
await synthesize(options.assembly);
await describeInstantly(options.assembly);
const cloud = await startCloudProcess(options);
try {
	const outputs = await readOutputsFile(options.outputsFile, "start");
	const operator = await operatorOf(options.stateDir);
	await invoke(outputs, operator, outputs.MigrationFunctionName);
	const control = new Control(outputs, operator);
	const newPerson = async (name: string): Promise<Person> => {
		const password = `${randomUUID()}-Aa1`;
		await ensureUser(outputs, operator, `${name}@example.com`, password);
		const session = await signIn(outputs, `${name}@example.com`, password);
		return { name, client: new CollectionsClient({ apiUrl: outputs.ApiUrl, session, maxWaitSeconds: 0 }) };
	};
	const others: Person[] = [];
	for (let number = 1; number <= people; number++) others.push(await newPerson(`person-${number}`));
	let abusers = 0;

	console.log("Twenty people upload their first pictures.");
	await prepare(others, control);
	const abuser = () => newPerson(`abuser-${++abusers}`);
	const setting = { people: others, abuser, control, cloudPid: cloud.pid, seconds, pace };
	for (const attack of chosen) {
		console.log(`The attack "${attack}": ${JSON.stringify(attacks[attack])}`);
		reportFairness(attack, await measureRounds(rounds, { ...setting, attack }));
	}
} finally {
	await cloud.stop();
	await rm(directory, { recursive: true, force: true });
}

function reportFairness(attack: AttackName, all: Record<Phase, Measured[]>): void {
	const kinds = Object.keys(all.alone[0]?.times ?? {}) as (keyof Times)[];
	const p95 = (phase: Phase, kind: keyof Times) => all[phase].map(({ times }) => quantile(times[kind], 0.95));
	const ratios = (kind: keyof Times, against: Phase) => {
		const below = p95(against, kind);
		return p95("attack", kind).map((value, round) => value / (below[round] ?? Number.NaN));
	};
	const spread = (values: number[]) =>
		`${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)})`;
	const rows = kinds.map((kind) => ({
		what: kind,
		samples: all.attack.flatMap(({ times }) => times[kind]).length,
		...Object.fromEntries(phases.map((phase) => [`${phase} p95, ms`, median(p95(phase, kind)).toFixed(0)])),
		"attack / alone": spread(ratios(kind, "alone")),
		"attack / client": spread(ratios(kind, "client")),
	}));
	const answers: Record<string, number> = {};
	for (const round of all.attack) {
		for (const [what, count] of Object.entries(round.answers)) answers[what] = (answers[what] ?? 0) + count;
	}
	const busy = (phase: Phase, part: keyof Measured["busy"]) =>
		mean(all[phase].map((each) => each.busy[part])).toFixed(2);
	const problems = new Set(all.attack.flatMap((each) => each.problems));
	report(
		attack === "full" ? "fair" : `fair-${attack}`,
		rows,
		[
			...kinds.flatMap((kind) => [
				demand(`${kind}, p95 beside the attack / alone`, median(ratios(kind, "alone")), maxSlowdown),
				demand(`${kind}, p95 beside the attack / beside its client alone`, median(ratios(kind, "client")), maxSlowdown),
			]),
			minDemand(
				"requests of the twenty that are answered beside the attack, share",
				Math.min(...all.attack.map(({ answered }) => answered)),
				1,
			),
		],
		[
			`Medians of ${rounds} rounds, with the minimum and the maximum. "Client" is the same attack on a server that only refuses.`,
			`The attacks' requests: ${Object.entries(answers)
				.map(([what, count]) => `${measured(what, count)} ${what}`)
				.join(", ")}.`,
			...phases.map(
				(phase) =>
					`Processors in use, ${phase}: cloud ${busy(phase, "cloud")}, attack's client ${busy(phase, "client")}, the whole machine ${busy(phase, "machine")}.`,
			),
			...(problems.size > 0 ? [`Not answered: ${[...problems].join("; ")}`] : []),
		],
	);
}
