// make bench-fair: what one person at full abuse costs twenty others.

import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readOutputsFile } from "#cli/outputs.ts";
import { ensureUser, signIn } from "#cli/users.ts";
import { CollectionsClient } from "#client/index.ts";
import { invoke, operatorOf, synthesize } from "#tools/local/local-environment.ts";
import { startCloudProcess } from "../../system/cloud-process.ts";
import { Control } from "../../system/control.ts";
import { atLeast, demand, measured, quantile, report } from "../report.ts";
import { Abuser } from "./abuser-process.ts";
import { type Person, prepare, type Times, use } from "./people.ts";

const people = 20;
const seconds = Number(process.env.SECONDS || 90);
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
	const abuser = await newPerson("abuser");

	console.log("Twenty people upload their first pictures.");
	await prepare(others, control);
	console.log(`They use their collections for ${seconds} s, alone.`);
	const alone = await use(others, control, { seconds, pace, seed: 1 });

	console.log("Another announces 680 uploads, sends 20 pictures of noise, and floods chat and lists.");
	const abuse = await Abuser.start(abuser.client);
	await abuse.begun;
	await sleep(2_000);
	console.log(`They use their collections for ${seconds} s again.`);
	const beside = await use(others, control, { seconds, pace, seed: 2 });
	const abused = await abuse.stop();

	const kinds = Object.keys(alone.times) as (keyof Times)[];
	report(
		"fair",
		kinds.map((kind) => ({
			what: kind,
			samples: alone.times[kind].length,
			"alone p50, ms": quantile(alone.times[kind], 0.5).toFixed(0),
			"alone p95, ms": quantile(alone.times[kind], 0.95).toFixed(0),
			"beside p50, ms": quantile(beside.times[kind], 0.5).toFixed(0),
			"beside p95, ms": quantile(beside.times[kind], 0.95).toFixed(0),
		})),
		[
			...kinds.map((kind) =>
				demand(
					`${kind}, p95 beside the abuser / alone`,
					quantile(beside.times[kind], 0.95) / quantile(alone.times[kind], 0.95),
					maxSlowdown,
				),
			),
			atLeast("requests of the twenty that are answered beside the abuser, share", beside.answered, 1),
		],
		[
			`Beside: ${measured("announced", abused.announced)} uploads were announced and never sent, ${measured("noise", abused.noise)} pictures of noise were accepted,`,
			`${measured("chats", abused.chatsAnswered)} chat turns were answered and ${measured("refused chats", abused.chatsRefused)} refused, ${measured("lists", abused.listsAnswered)} lists answered and ${measured("refused lists", abused.listsRefused)} refused.`,
			...(beside.problems.length > 0 ? [`Not answered: ${[...new Set(beside.problems)].join("; ")}`] : []),
			"The abuser's client runs on the same processors, with the lowest priority.",
		],
	);
} finally {
	await cloud.stop();
	await rm(directory, { recursive: true, force: true });
}
