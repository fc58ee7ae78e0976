#!/usr/bin/env node
// Published, the program is dist/main.js. In the repository it is src/main.ts, which runs on the Node 24 installed there.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const built = new URL("dist/main.js", import.meta.url);
const source = new URL("src/main.ts", import.meta.url);
if (existsSync(built)) await import(built.href);
else if (process.features.typescript) await import(source.href);
else {
	const node = fileURLToPath(new URL("../../node_modules/.bin/node", import.meta.url));
	const child = spawn(node, [fileURLToPath(source), ...process.argv.slice(2)], { stdio: "inherit" });
	// Ctrl-C reaches both; a kill of this process is passed on.
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
		process.on(signal, () => signal !== "SIGINT" && child.kill(signal));
	child.once("error", ({ message }) => {
		console.error(`Node 24 of the repository does not start (${message}): run make install first.`);
		process.exitCode = 1;
	});
	child.once("exit", (code, signal) => {
		process.exitCode = code ?? (signal === "SIGINT" ? 130 : 1);
	});
}
