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

/** Starts the command line with the session that is kept in a folder. */
export function startCommand(home: string, args: readonly string[]): Command {
	const child = spawn(process.execPath, ["packages/cli/collections.mjs", ...args], {
		env: { ...process.env, COLLECTIONS_HOME: home },
	});
	let [stdout, stderr] = ["", ""];
	child.stdout.on("data", (text) => (stdout += text));
	child.stderr.on("data", (text) => (stderr += text));
	const output = () => ({ stdout, stderr });
	return { child, output, ended: once(child, "close").then(([code]) => ({ code, ...output() })) };
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
