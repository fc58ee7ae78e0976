import { type ChildProcess, fork } from "node:child_process";
import { constants, setPriority } from "node:os";
import path from "node:path";
import type { Answers, AttackName } from "./attacks.ts";

export type AbuserMessage = "begun" | { answers: Answers; cpuSeconds: number };

/** One person at full abuse, in a process of its own with the lowest priority: its client takes little time of the others'. */
export class Abuser {
	readonly #process: ChildProcess;

	private constructor(child: ChildProcess) {
		this.#process = child;
	}

	/** Resolves when everything is under way. */
	static async start(attack: AttackName, { apiUrl, token }: { apiUrl: string; token: string }): Promise<Abuser> {
		const child = fork(path.join(import.meta.dirname, "abuser.ts"), [apiUrl, attack], {
			env: { ...process.env, ABUSER_TOKEN: token },
		});
		if (child.pid) setPriority(child.pid, constants.priority.PRIORITY_LOW);
		const abuser = new Abuser(child);
		await abuser.#next();
		return abuser;
	}

	/** Ends the abuse. @returns the answers and the time of the processor since it was under way */
	async stop(): Promise<Exclude<AbuserMessage, string>> {
		if (!this.#process.connected) throw new Error("The abuser's process has ended by itself: its error is above.");
		const ended = this.#next();
		this.#process.send("stop");
		return (await ended) as Exclude<AbuserMessage, string>;
	}

	#next(): Promise<AbuserMessage> {
		return new Promise((resolve, reject) => {
			this.#process.once("message", (message) => resolve(message as AbuserMessage));
			this.#process.once("exit", (code) => reject(new Error(`The abuser's process ended with ${code}.`)));
		});
	}
}
