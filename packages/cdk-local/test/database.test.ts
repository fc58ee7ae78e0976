import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import pg from "pg";
import { afterAll, expect, test } from "vitest";
import type { Template } from "../template/assembly.ts";
import { eventually, startTiny, tinyFunction, writeAssembly } from "./tiny-cloud.ts";

const template: Template = {
	Resources: {
		Database: {
			Type: "AWS::RDS::DBInstance",
			Properties: {
				Engine: "postgres",
				EngineVersion: "17",
				DBName: "collections",
				MasterUsername: "master",
				ManageMasterUserPassword: true,
			},
		},
		Reader: tinyFunction({
			FunctionName: "reader",
			Environment: { Variables: { DATABASE_NAME: "collections" } },
		}),
	},
	Outputs: {
		Host: { Value: { "Fn::GetAtt": ["Database", "Endpoint.Address"] } },
		Port: { Value: { "Fn::GetAtt": ["Database", "Endpoint.Port"] } },
		Secret: {
			Value: { "Fn::GetAtt": ["Database", "MasterUserSecret.SecretArn"] },
		},
		DatabaseName: { Value: "collections" },
	},
};

async function query(port: unknown, sql: string) {
	const client = new pg.Client({
		host: "127.0.0.1",
		port: Number(port),
		user: "postgres",
		database: "collections",
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

const answers = (port: unknown) =>
	query(port, "select 1").then(
		() => true,
		() => false,
	);

test("PGlite has the template's database and every extension, and comes back with its rows", async () => {
	const cloud = await startTiny(template);
	try {
		const { Port } = cloud.outputs;
		expect(await query(Port, "select current_database() as name")).toEqual([{ name: "collections" }]);
		for (const extension of ["vector", "pg_trgm", "btree_gin", "unaccent"]) {
			await query(Port, `create extension ${extension}`);
		}
		await query(Port, "create table kept as select 7 as number");

		expect((await cloud.control("POST", "database/stop")).status).toBe(200);
		expect(await answers(Port)).toBe(false);
		expect((await cloud.control("POST", "database/start")).status).toBe(200);
		expect(await query(Port, "select * from kept")).toEqual([{ number: 7 }]);
	} finally {
		await cloud.forget();
	}
});

test("a native Postgres brings host, port and name, also where templates say it literally", async () => {
	const cloud = await startTiny(template, undefined, {
		databaseUrl: "postgres://someone:a%40b@db.example:6543/other",
	});
	try {
		expect(cloud.outputs).toMatchObject({
			Host: "db.example",
			Port: "6543",
			DatabaseName: "other",
		});
	} finally {
		await cloud.forget();
	}
});

const folder = mkdtempSync(join(tmpdir(), "tiny-process-"));
const children: ChildProcess[] = [];
afterAll(() => {
	for (const child of children) child.kill("SIGKILL");
	rmSync(folder, { recursive: true, force: true });
});

/** The cloud as a process of its own, as `make up` runs it. */
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
	let said = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.on("data", (chunk) => {
			said += chunk;
		});
	}
	await eventually(() => {
		if (child.exitCode !== null) throw new Error(said);
		return /^ready http:/m.test(said);
	}, 60);
	const outputs = JSON.parse(readFileSync(join(folder, "outputs.json"), "utf8"));
	return { child, outputs };
}

/** The process that runs the function. */
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

test("a cloud killed at any moment leaves nothing running, and starts again with what it had", async () => {
	const first = await startProcess();
	await query(first.outputs.Port, "create table kept as select 8 as number");
	const sandbox = await sandboxOf(first.outputs.AwsEndpointUrl);
	process.kill(sandbox, 0);
	first.child.kill("SIGKILL");
	await eventually(async () => !(await answers(first.outputs.Port)));
	await eventually(() => !isAlive(sandbox));
	const second = await startProcess();
	expect(second.outputs).toEqual(first.outputs);
	expect(await query(second.outputs.Port, "select * from kept")).toEqual([{ number: 8 }]);
	const ended = new Promise((done) => second.child.once("exit", done));
	second.child.kill("SIGTERM");
	expect(await ended).toBe(0);
	expect(await answers(second.outputs.Port)).toBe(false);
}, 120_000);
