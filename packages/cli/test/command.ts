import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

export interface Ended {
	code: number | null;
	stdout: string;
	stderr: string;
}

export interface Command {
	child: ChildProcess;
	/** Returns the text that it has written so far. */
	output(): { stdout: string; stderr: string };
	ended: Promise<Ended>;
}

/** Starts the command line with the session that is kept in a folder, as this or another user. */
export function startCommand(
	home: string,
	args: readonly string[],
	user: { uid?: number; gid?: number } = {},
): Command {
	return startProgram(home, process.execPath, ["packages/cli/collections.mjs", ...args], user);
}

/** Starts a program that starts the command line. */
export function startProgram(
	home: string,
	program: string,
	args: readonly string[],
	user: { uid?: number; gid?: number } = {},
): Command {
	const child = spawn(program, args, { env: { ...process.env, COLLECTIONS_HOME: home }, ...user });
	let [stdout, stderr] = ["", ""];
	child.stdout.on("data", (text) => (stdout += text));
	child.stderr.on("data", (text) => (stderr += text));
	const output = () => ({ stdout, stderr });
	return { child, output, ended: once(child, "close").then(([code]) => ({ code, ...output() })) };
}

/** Ends a command at the request to a path. */
export class Ending {
	#due: { path: string; end: () => void } | null = null;

	/** Ends the command by a signal, and returns its exit code. */
	async by(signal: NodeJS.Signals, path: string, { child, ended }: Command): Promise<number | null> {
		this.#due = { path, end: () => child.kill(signal) };
		const { code } = await ended;
		return code;
	}

	/** Looks at a request. @returns the delay of its answer, so that the signal comes first */
	at(path: string): { afterMs?: number } {
		if (!this.#due || !path.startsWith(this.#due.path)) return {};
		this.#due.end();
		this.#due = null;
		return { afterMs: 100 };
	}
}

/** Keeps a session in a folder, as a sign-in does. */
export function keepSession(home: string, session: object): void {
	mkdirSync(home, { recursive: true });
	writeFileSync(path.join(home, "session.json"), JSON.stringify(session));
}

/** Keeps the session of somebody at a stub of the service, unless a command has changed it since. */
export function signInAtStub(home: string, url: string, idToken = tokenOf()): void {
	if (existsSync(home)) return;
	const pool = { clientId: "c", endpoint: url };
	keepSession(home, { apiUrl: url, pool, email: "a@example.com", refreshToken: "r1", idToken });
}

/** Makes a token that nobody signed. */
export const tokenOf = (claims: object = {}, seconds = 3_600): string =>
	`e30.${Buffer.from(JSON.stringify({ ...claims, exp: Date.now() / 1_000 + seconds })).toString("base64url")}.s`;
