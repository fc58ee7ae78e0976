import { type ChildProcess, fork } from "node:child_process";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Control } from "../../system/control.ts";
import { Abuser } from "./abuser-process.ts";
import type { Answers, AttackName } from "./attacks.ts";
import { type Person, type Times, untilIdle, use } from "./people.ts";
import { type ProcessorTime, processorTime } from "./processor-time.ts";

/** Alone; beside the attack's client, whose requests a bare server answers; and beside the attack. */
export const phases = ["alone", "client", "attack"] as const;
export type Phase = (typeof phases)[number];

export interface Measured {
	times: Times;
	answered: number;
	problems: string[];
	answers: Answers;
	/** Processors in use, of the cloud, of the attack's client, and of everything on this machine. */
	busy: ProcessorTime & { client: number };
}

interface Setting {
	people: Person[];
	/** Makes another person, who has sent nothing yet. */
	abuser(): Promise<Person>;
	control: Control;
	cloudPid: number;
	attack: AttackName;
	seconds: number;
	pace: { list: number; search: number; upload: number };
}

/**
 * Measures each phase once a round. Within a round people send the same at the same times, and the phases begin with
 * another one each time, so that other load on the machine meets all alike.
 */
export async function measureRounds(count: number, setting: Setting): Promise<Record<Phase, Measured[]>> {
	const bare = await bareServer();
	const measured: Record<Phase, Measured[]> = { alone: [], client: [], attack: [] };
	try {
		for (let round = 0; round < count; round++) {
			for (let place = 0; place < phases.length; place++) {
				const phase = phases[(round + place) % phases.length] as Phase;
				console.log(`Round ${round + 1} of ${count}: ${phase}.`);
				measured[phase].push(await measure(phase, round, bare.url, setting));
			}
		}
	} finally {
		bare.process.kill();
	}
	return measured;
}

async function measure(
	phase: Phase,
	round: number,
	bareUrl: string,
	{ people, abuser, control, cloudPid, attack, seconds, pace }: Setting,
): Promise<Measured> {
	await untilIdle(control);
	const target = phase === "attack" ? await addressOf(await abuser()) : { apiUrl: bareUrl, token: "none" };
	const abuse = phase === "alone" ? null : await Abuser.start(attack, target);
	await sleep(2_000);
	const began = performance.now();
	const before = processorTime(cloudPid);
	const used = await use(people, control, { seconds, pace, seed: round + 1 });
	const after = processorTime(cloudPid);
	const elapsed = (performance.now() - began) / 1_000;
	const { answers, cpuSeconds } = (await abuse?.stop()) ?? { answers: {}, cpuSeconds: 0 };
	return {
		...used,
		answers,
		busy: {
			cloud: (after.cloud - before.cloud) / elapsed,
			machine: (after.machine - before.machine) / elapsed,
			client: cpuSeconds / elapsed,
		},
	};
}

const addressOf = async ({ client: { apiUrl, session } }: Person) => ({ apiUrl, token: await session.token() });

async function bareServer(): Promise<{ url: string; process: ChildProcess }> {
	const child = fork(path.join(import.meta.dirname, "bare-server.ts"));
	const url = await new Promise<string>((resolve, reject) => {
		child.once("message", (message) => resolve(String(message)));
		child.once("exit", (code) => reject(new Error(`The bare server ended with ${code}.`)));
	});
	return { url, process: child };
}
