import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
	DescribeDBInstancesCommand,
	RDSClient,
	StartDBInstanceCommand,
	StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Template } from "../template/assembly.ts";
import { eventually, startTestApp, type TestApp, testFunction, writeAssembly } from "./test-app.ts";

const template: Template = {
	Resources: {
		Database: {
			Type: "AWS::RDS::DBInstance",
			Properties: {
				Engine: "postgres",
				EngineVersion: "17",
				DBName: "notes",
				MasterUsername: "master",
				ManageMasterUserPassword: true,
			},
		},
		Reader: testFunction({
			FunctionName: "reader",
			Environment: { Variables: { DATABASE_NAME: "notes" } },
		}),
	},
	Outputs: {
		Host: { Value: { "Fn::GetAtt": ["Database", "Endpoint.Address"] } },
		Port: { Value: { "Fn::GetAtt": ["Database", "Endpoint.Port"] } },
		Secret: {
			Value: { "Fn::GetAtt": ["Database", "MasterUserSecret.SecretArn"] },
		},
		DatabaseName: { Value: "notes" },
	},
};

async function query(port: unknown, sql: string) {
	const client = new pg.Client({
		host: "127.0.0.1",
		port: Number(port),
		user: "postgres",
		database: "notes",
		connectionTimeoutMillis: 5_000,
	});
	client.on("error", () => {});
	await client.connect();
	try {
		return (await client.query(sql)).rows;
	} finally {
		await client.end();
	}
}

const acceptsQueries = (port: unknown) =>
	query(port, "select 1").then(
		() => true,
		() => false,
	);

/** Calls RDS as the operator. */
function instanceOf(app: TestApp) {
	const rds = new RDSClient({ region: "eu-central-1", endpoint: app.endpoint, credentials: app.operator });
	const DBInstanceIdentifier = "tiny-Database";
	return {
		stop: () => rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier })),
		start: () => rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier })),
		async status(identifier = DBInstanceIdentifier) {
			const { DBInstances } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier }));
			return DBInstances?.[0]?.DBInstanceStatus;
		},
	};
}

describe("PGlite", () => {
	let app: TestApp;
	beforeAll(async () => {
		app = await startTestApp(template);
	}, 150_000);
	afterAll(() => app?.destroy());

	test("has the template's database and extensions, and keeps its rows through a stop and a start", async () => {
		const { Port } = app.outputs;
		expect(await query(Port, "select current_database() as name")).toEqual([{ name: "notes" }]);
		for (const extension of ["vector", "pg_trgm", "btree_gin", "unaccent"]) {
			await query(Port, `create extension ${extension}`);
		}
		await query(Port, "create table numbers as select 7 as number");

		expect((await app.control("POST", "database/stop")).status).toBe(200);
		expect(await acceptsQueries(Port)).toBe(false);
		expect((await app.control("POST", "database/start")).status).toBe(200);
		expect(await query(Port, "select * from numbers")).toEqual([{ number: 7 }]);

		const instance = instanceOf(app);
		expect(await instance.status()).toBe("available");
		await expect(instance.start()).rejects.toMatchObject({ name: "InvalidDBInstanceStateFault" });
		const { DBInstance } = await instance.stop();
		expect(DBInstance?.DBInstanceStatus).toBe("stopping");
		await eventually(async () => (await instance.status()) === "stopped");
		expect(await acceptsQueries(Port)).toBe(false);
		await expect(instance.stop()).rejects.toMatchObject({ name: "InvalidDBInstanceStateFault" });
		await instance.start();
		await eventually(async () => (await instance.status()) === "available", 60);
		expect(await query(Port, "select * from numbers")).toEqual([{ number: 7 }]);
		await expect(instance.status("another")).rejects.toMatchObject({ name: "DBInstanceNotFoundFault" });
	});

	test("comes back where it is killed twice while it restarts", async () => {
		const { Port } = app.outputs;
		for (let kills = 0; kills < 3; kills++) {
			process.kill(await eventually(databaseProcess), "SIGKILL");
			await eventually(() => databaseProcess() === undefined);
		}
		await eventually(() => acceptsQueries(Port), 30);
		expect(await query(Port, "select 1 as one")).toEqual([{ one: 1 }]);
	}, 60_000);
});

/** Returns the id of the process that this one runs PGlite in, from its first moment on. */
function databaseProcess(): number | undefined {
	const processes = execFileSync("ps", ["-ax", "-o", "pid=,ppid=,command="], { encoding: "utf8" });
	const own = new RegExp(`^ *([0-9]+) +${process.pid} .*pglite-process`, "m").exec(processes);
	return own ? Number(own[1]) : undefined;
}

test("a native PostgreSQL replaces host, port and database name in outputs, a literal name included", async () => {
	const app = await startTestApp(template, undefined, {
		databaseUrl: "postgres://someone:a%40b@db.example:6543/other",
	});
	try {
		expect(app.outputs).toMatchObject({
			Host: "db.example",
			Port: "6543",
			DatabaseName: "other",
		});
		const instance = instanceOf(app);
		expect(await instance.status()).toBe("available");
		await expect(instance.stop()).rejects.toMatchObject({ name: "NotImplemented" });
	} finally {
		await app.destroy();
	}
});

const folder = mkdtempSync(join(tmpdir(), "tiny-process-"));
const children: ChildProcess[] = [];
afterAll(() => {
	for (const child of children) child.kill("SIGKILL");
	rmSync(folder, { recursive: true, force: true });
});

/** Runs the command line in a process. */
async function startProcess() {
	writeAssembly(join(folder, "cdk.out"), { tiny: template }, "export const handler = async () => process.pid;");
	const child = spawn(
		process.execPath,
		[
			fileURLToPath(new URL("../cli.ts", import.meta.url)),
			...["--assembly", join(folder, "cdk.out")],
			...["--state", join(folder, "state")],
			...["--outputs", join(folder, "outputs.json")],
			...["--port", "0"],
		],
		{ stdio: ["ignore", "pipe", "pipe"] },
	);
	children.push(child);
	let output = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.on("data", (chunk) => {
			output += chunk;
		});
	}
	await eventually(() => {
		if (child.exitCode !== null) throw new Error(output);
		return /^ready http:/m.test(output);
	}, 120);
	const outputs = JSON.parse(readFileSync(join(folder, "outputs.json"), "utf8"));
	return { child, outputs };
}

/** Returns the id of the process that runs the function. */
async function sandboxOf(endpoint: string): Promise<number> {
	const lambda = new LambdaClient({
		region: "eu-central-1",
		endpoint,
		credentials: JSON.parse(readFileSync(join(folder, "state/operator.json"), "utf8")),
	});
	const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: "reader" }));
	lambda.destroy();
	return JSON.parse(Payload?.transformToString() ?? "");
}

function isAlive(pid: number): boolean {
	try {
		return process.kill(pid, 0);
	} catch {
		return false;
	}
}

test("a killed cdk-local leaves no process running, and starts again with the same outputs and rows", async () => {
	const first = await startProcess();
	await query(first.outputs.Port, "create table numbers as select 8 as number");
	const sandbox = await sandboxOf(first.outputs.AwsEndpointUrl);
	process.kill(sandbox, 0);
	first.child.kill("SIGKILL");
	await eventually(async () => !(await acceptsQueries(first.outputs.Port)));
	await eventually(() => !isAlive(sandbox));
	const second = await startProcess();
	expect(second.outputs).toEqual(first.outputs);
	expect(await query(second.outputs.Port, "select * from numbers")).toEqual([{ number: 8 }]);
	const ended = new Promise((done) => second.child.once("exit", done));
	second.child.kill("SIGTERM");
	expect(await ended).toBe(0);
	expect(await acceptsQueries(second.outputs.Port)).toBe(false);
}, 300_000);
