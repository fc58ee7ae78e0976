import { spawnSync } from "node:child_process";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { type PeerCertificate, connect as secure } from "node:tls";
import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type DeployedDev, deployedDev } from "./five-stacks.ts";
import { until } from "./script-runner.ts";

const databaseUrl = process.env.TEST_DATABASE_URL;
const missing = !databaseUrl
	? "TEST_DATABASE_URL is not set"
	: spawnSync("psql", ["--version"]).error && "psql is not on the PATH";
const bastion = "i-0123456789abcdef0";
const token = "token-of-this-session";

/**
 * Stands in for AWS's plugin: listens on the given port and forwards to the given host, as the bastion would, but
 * resolves every host to this machine. Records its arguments.
 */
const pluginSource = `#!${process.execPath}
const { appendFileSync } = require("node:fs");
const { connect, createServer } = require("node:net");
const [, , ...args] = process.argv;
if (args[0] === "--version") { console.log(process.env.PLUGIN_VERSION || "1.2.707.0"); process.exit(0); }
const call = { args, response: process.env.AWS_SSM_START_SESSION_RESPONSE, pid: process.pid };
setTimeout(() => process.exit(2), 60_000); // whatever its test does
appendFileSync(process.env.HOME + "/plugin.jsonl", JSON.stringify(call) + "\\n");
if (process.env.PLUGIN_FAILS) process.exit(1);
if (process.env.PLUGIN_HANGS) setInterval(() => {}, 1000);
else {
	const { portNumber: [port], localPortNumber: [local] } = JSON.parse(args[4]).Parameters;
	createServer((near) => {
		const far = connect(Number(port), "127.0.0.1");
		for (const [from, to] of [[near, far], [far, near]]) { from.on("error", () => to.destroy()); from.pipe(to); }
	}).listen(Number(local), "127.0.0.1");
}
`;

describe.skipIf(missing)(`psql through a bastion${missing ? ` (skipped: ${missing})` : ""}`, () => {
	let dev: DeployedDev;
	let manager: Server;
	let certificate: PeerCertificate;
	/** The requests to Session Manager. */
	const requests: [operation: string, input: Record<string, unknown>][] = [];
	const plugin = () =>
		dev
			.read("plugin.jsonl")
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line));

	beforeAll(async () => {
		dev = await deployedDev({ network: { mode: "private", nat: "gateway" } });
		const postgres = new URL(databaseUrl ?? "");
		certificate = await certificateOf(postgres);
		// The name in Postgres's certificate, which the plugin gets and the bastion resolves.
		const host = /DNS:([^,]+)/.exec(certificate.subjectaltname ?? "")?.[1];
		await dev.operate("infra-outputs");
		const outputs = JSON.parse(dev.read(".aws-outputs-dev.json"));
		dev.write(
			".aws-outputs-dev.json",
			JSON.stringify({
				...outputs,
				BastionInstanceId: bastion,
				DatabaseEndpoint: `${host}:${postgres.port}`,
				DatabaseName: "postgres",
			}),
		);
		await new SecretsManagerClient({
			region: "eu-central-1",
			endpoint: dev.cloud.endpoint,
			credentials: dev.cloud.operator,
		}).send(
			new PutSecretValueCommand({
				SecretId: outputs.DatabaseSecretArn,
				SecretString: JSON.stringify({
					username: decodeURIComponent(postgres.username),
					password: decodeURIComponent(postgres.password) || "not asked for",
				}),
			}),
		);
		dev.write("bin/session-manager-plugin", pluginSource, 0o755);
		dev.write("server.pem", pem(certificate));
		manager = createServer(async (request, response) => {
			let text = "";
			for await (const part of request) text += part;
			const target = String(request.headers["x-amz-target"]);
			requests.push([target.split(".")[1] ?? "", JSON.parse(text)]);
			response.setHeader("content-type", "application/x-amz-json-1.1");
			response.end(
				JSON.stringify({
					SessionId: "session-1",
					TokenValue: token,
					StreamUrl: "wss://stream",
				}),
			);
		});
		await new Promise<void>((done) => manager.listen(0, "127.0.0.1", () => done()));
	});
	afterAll(async () => {
		manager?.close();
		await dev?.end();
	});
	beforeEach(() => {
		dev.forget("plugin.jsonl");
		requests.length = 0;
	});

	const start = (stdin: string, env: Record<string, string> = {}, args: string[] = []) =>
		dev.start(
			"db-connect",
			{
				ENV: "dev",
				...dev.credentials,
				AWS_ENDPOINT_URL_SSM: `http://127.0.0.1:${(manager.address() as AddressInfo).port}`,
				...env,
			},
			{ args, stdin },
		);
	const trusting = () => [`sslrootcert=${join(dev.folder, "server.pem")}`];

	test("opens a session to the database's host and port, and connects over TLS", async () => {
		const { ended } = start(
			"select 'encrypted ' || ssl from pg_stat_ssl where pid = pg_backend_pid();",
			{},
			trusting(),
		);
		const { code, stdout, stderr } = await ended;
		expect(stderr).toBe("");
		expect(stdout).toContain("encrypted true");
		expect(code).toBe(0);
		const [{ args, response }] = plugin();
		const request = JSON.parse(args[4]);
		expect(request).toEqual({
			Target: bastion,
			DocumentName: "AWS-StartPortForwardingSessionToRemoteHost",
			Parameters: {
				host: [expect.stringMatching(/^[\w.-]+$/)],
				portNumber: [new URL(databaseUrl ?? "").port],
				localPortNumber: [expect.stringMatching(/^\d+$/)],
			},
		});
		expect(args.slice(1, 4)).toEqual(["eu-central-1", "StartSession", ""]);
		expect(JSON.parse(response)).toEqual({
			SessionId: "session-1",
			TokenValue: token,
			StreamUrl: "wss://stream",
		});
		expect(requests).toEqual([
			["StartSession", request],
			["TerminateSession", { SessionId: "session-1" }],
		]);
	});

	test("does not put the session's token on a command line", async () => {
		await start("select 1;", {}, trusting()).ended;
		const [{ args }] = plugin();
		expect(args.join(" ")).not.toContain(token);
		const old = await start("", { PLUGIN_VERSION: "1.2.497.0" }).ended;
		expect(old.code).toBe(1);
		expect(old.stderr).toContain("session-manager-plugin has version 1.2.497.0. Before 1.2.536.0");
	});

	test("refuses a server whose certificate is not from Amazon's authorities", async () => {
		const { code, stderr } = await start("select 1;").ended;
		expect(stderr).toContain("certificate verify failed");
		expect(code).toBe(2);
		expect(requests.at(-1)?.[0]).toBe("TerminateSession");
	});

	test("cancels a statement at Ctrl-C, and then closes the tunnel", async () => {
		const running = start("\\echo begun\nselect pg_sleep(600);\n", {}, trusting());
		await until(() => running.output().includes("begun"));
		// A terminal sends it to all that run in the foreground.
		process.kill(-running.pid, "SIGINT");
		const { stderr } = await running.ended;
		expect(stderr).toContain("canceling statement due to user request");
		expectGone(plugin()[0].pid);
		expect(requests.at(-1)?.[0]).toBe("TerminateSession");
	});

	test.each(["SIGTERM", "SIGHUP"] as const)("leaves no tunnel behind when %s ends it", async (ending) => {
		const running = start("\\echo begun\nselect pg_sleep(600);\n", {}, trusting());
		await until(() => running.output().includes("begun"));
		process.kill(running.pid, ending);
		expect((await running.ended).code).toBe(1);
		expectGone(plugin()[0].pid);
		expect(requests.at(-1)?.[0]).toBe("TerminateSession");
	});

	test("leaves no tunnel behind when Ctrl-C comes before it has opened", async () => {
		const running = start("select 1;", { PLUGIN_HANGS: "1" });
		await until(() => requests.length > 0 && plugin().length > 0);
		process.kill(-running.pid, "SIGINT");
		const { code, stderr } = await running.ended;
		expect(code).toBe(1);
		expect(stderr).toContain("Ended early (SIGINT)");
		expectGone(plugin()[0].pid);
		expect(requests.at(-1)?.[0]).toBe("TerminateSession");
	});

	test("reports why a tunnel did not open, and ends the session", async () => {
		const { code, stderr } = await start("", { PLUGIN_FAILS: "1" }).ended;
		expect(code).toBe(1);
		expect(stderr.trim()).toBe(
			`The tunnel through bastion ${bastion} did not open: is the instance running, and does its agent report to Systems Manager?`,
		);
		expect(requests.at(-1)?.[0]).toBe("TerminateSession");
	});

	test("test-infra uses the same tunnel and verifies the certificate, too", async () => {
		const env = {
			ENV: "dev",
			...dev.credentials,
			AWS_ENDPOINT_URL_SSM: `http://127.0.0.1:${(manager.address() as AddressInfo).port}`,
		};
		const { stdout } = await dev.run("test-infra", env);
		// Postgres at the other end of the tunnel has a self-signed certificate.
		expect(stdout).toMatch(/✗ Postgres, TLS verified .*self-signed certificate/);
		expect(stdout).toMatch(/✗ pgvector .*self-signed certificate/);
		const operations = requests.map(([operation]) => operation);
		const session = ["StartSession", "TerminateSession"];
		expect(operations.filter((name) => /Session/.test(name))).toEqual([...session, ...session]);
		for (const { pid } of plugin()) expectGone(pid);
		const without = await dev.run("test-infra", { ...env, PATH: "/nowhere" });
		expect(without.stdout).toMatch(
			/- Postgres, TLS verified .*session-manager-plugin, which opens a tunnel, is not on the PATH/,
		);
	});

	test.each([
		["psql", /^psql is not on the PATH: install the Postgres client/],
		["session-manager-plugin", /^session-manager-plugin is not on the PATH\. .*install it from https/],
	])("reports that %s is missing, and how to install it", async (tool, sentence) => {
		const only = join(dev.folder, `without-${tool}`);
		dev.write(`without-${tool}/none`, "");
		if (tool !== "psql") dev.write(`without-${tool}/psql`, "#!/bin/sh\n", 0o755);
		const { code, stderr } = await start("", { PATH: only }).ended;
		expect(code).toBe(1);
		expect(stderr.trim()).toMatch(sentence);
		expect(requests).toEqual([]);
	});
});

function expectGone(pid: number): void {
	expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
}

/** Returns the certificate that Postgres presents. */
async function certificateOf({ hostname, port }: URL): Promise<PeerCertificate> {
	const socket = connect(Number(port), hostname);
	socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]));
	const answer = await new Promise<Buffer>((done, reject) => {
		socket.once("error", reject);
		socket.once("data", done);
	});
	expect(answer.toString()).toBe("S");
	return new Promise((done, reject) => {
		const tls = secure({ socket, rejectUnauthorized: false }, () => {
			done(tls.getPeerCertificate());
			tls.destroy();
		});
		tls.once("error", reject);
	});
}

function pem({ raw }: PeerCertificate): string {
	const lines = raw.toString("base64").match(/.{1,64}/g) ?? [];
	return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
