import { type ChildProcess, fork } from "node:child_process";
import { constants, setPriority } from "node:os";
import path from "node:path";
import type { CollectionsClient } from "#client/index.ts";

/** Counts of what the abuser got through. */
export interface AbuseCounts {
	announced: number;
	noise: number;
	chatsAnswered: number;
	chatsRefused: number;
	listsAnswered: number;
	listsRefused: number;
}

export type AbuserMessage = "begun" | AbuseCounts;

/** One person at full abuse, in a process of its own: its client takes no time of the others'. */
export class Abuser {
	readonly #process: ChildProcess;
	/** Resolves when everything is under way. */
	readonly begun: Promise<void>;

	private constructor(child: ChildProcess) {
		this.#process = child;
		this.begun = this.#next().then(() => undefined);
	}

	static async start({ apiUrl, session }: CollectionsClient): Promise<Abuser> {
		const child = fork(path.join(import.meta.dirname, "abuser.ts"), [apiUrl], {
			env: { ...process.env, ABUSER_TOKEN: await session.token() },
		});
		if (child.pid) setPriority(child.pid, constants.priority.PRIORITY_LOW);
		return new Abuser(child);
	}

	/** Ends the abuse. */
	async stop(): Promise<AbuseCounts> {
		const counts = this.#next();
		this.#process.send("stop");
		return (await counts) as AbuseCounts;
	}

	#next(): Promise<AbuserMessage> {
		return new Promise((resolve, reject) => {
			this.#process.once("message", (message) => resolve(message as AbuserMessage));
			this.#process.once("exit", (code) => reject(new Error(`The abuser's process ended with ${code}.`)));
		});
	}
}
