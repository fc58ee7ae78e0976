import { spawnSync } from "node:child_process";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { type PeerCertificate, connect as secure } from "node:tls";
import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type DeployedDev, deployedDev } from "./five-stacks.ts";
import { until } from "./workshop.ts";

const databaseUrl = process.env.TEST_DATABASE_URL;
const missing = !databaseUrl
	? "TEST_DATABASE_URL is not set"
	: spawnSync("psql", ["--version"]).error && "psql is not on the PATH";
const bastion = "i-0123456789abcdef0";
const token = "token-of-this-session";

/**
 * Stands in for AWS's plugin: listens where it is told and forwards to the host it is told, as a bastion would, whose
 * name service knows every host here as this machine. Writes down how it was called.
 */
const pluginSource = `#!${process.execPath}
const { appendFileSync } = require("node:fs");
const { connect, createServer } = require("node:net");
const [, , ...args] = process.argv;
if (args[0] === "--version") { console.log(process.env.PLUGIN_VERSION || "1.2.707.0"); process.exit(0); }
const told = { args, response: process.env.AWS_SSM_START_SESSION_RESPONSE, pid: process.pid };
setTimeout(() => process.exit(2), 60_000); // whatever its test does
appendFileSync(process.env.HOME + "/plugin.jsonl", JSON.stringify(told) + "\\n");
if (process.env.PLUGIN_FAILS) process.exit(1);
if (process.env.PLUGIN_HANGS) setInterval(() => {}, 1000);
else {
	const { portNumber: [port], localPortNumber: [local] } = JSON.parse(args[4]).Parameters;
	createServer((near) => {
		const far = connect(Number(port), "127.0.0.1");
		for (const [one, other] of [[near, far], [far, near]]) { one.on("error", () => other.destroy()); one.pipe(other); }
	}).listen(Number(local), "127.0.0.1");
}
`;

describe.skipIf(missing)(`psql through a bastion${missing ? ` (skipped: ${missing})` : ""}`, () => {
	let dev: DeployedDev;
	let manager: Server;
	let certificate: PeerCertificate;
	/** What was asked of Session Manager. */
	const asked: [operation: string, input: Record<string, unknown>][] = [];
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
		// The name that Postgres proves; the plugin is told it, and the bastion finds it.
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
			asked.push([target.split(".")[1] ?? "", JSON.parse(text)]);
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
		asked.length = 0;
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

	test("asks Session Manager for the database's host and port, and is told the truth by TLS", async () => {
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
		expect(asked).toEqual([
			["StartSession", request],
			["TerminateSession", { SessionId: "session-1" }],
		]);
	});

	test("does not show the session's token to everybody on this machine", async () => {
		await start("select 1;", {}, trusting()).ended;
		const [{ args }] = plugin();
		expect(args.join(" ")).not.toContain(token);
		const old = await start("", { PLUGIN_VERSION: "1.2.497.0" }).ended;
		expect(old.code).toBe(1);
		expect(old.stderr).toContain("session-manager-plugin has version 1.2.497.0. Before 1.2.536.0");
	});

	test("does not speak to a server that cannot prove its name by Amazon's authorities", async () => {
		const { code, stderr } = await start("select 1;").ended;
		expect(stderr).toContain("certificate verify failed");
		expect(code).toBe(2);
		expect(asked.at(-1)?.[0]).toBe("TerminateSession");
	});

	test("ends a statement at Ctrl-C, and then the tunnel", async () => {
		const running = start("\\echo begun\nselect pg_sleep(600);\n", {}, trusting());
		await until(() => running.said().includes("begun"));
		// A terminal sends it to all that run in the foreground.
		process.kill(-running.pid, "SIGINT");
		const { stderr } = await running.ended;
		expect(stderr).toContain("canceling statement due to user request");
		expectGone(plugin()[0].pid);
		expect(asked.at(-1)?.[0]).toBe("TerminateSession");
	});

	test.each(["SIGTERM", "SIGHUP"] as const)("leaves no tunnel behind when %s ends it", async (ending) => {
		const running = start("\\echo begun\nselect pg_sleep(600);\n", {}, trusting());
		await until(() => running.said().includes("begun"));
		process.kill(running.pid, ending);
		expect((await running.ended).code).toBe(1);
		expectGone(plugin()[0].pid);
		expect(asked.at(-1)?.[0]).toBe("TerminateSession");
	});

	test("leaves no tunnel behind when Ctrl-C comes before it has opened", async () => {
		const running = start("select 1;", { PLUGIN_HANGS: "1" });
		await until(() => asked.length > 0 && plugin().length > 0);
		process.kill(-running.pid, "SIGINT");
		const { code, stderr } = await running.ended;
		expect(code).toBe(1);
		expect(stderr).toContain("Ended early (SIGINT)");
		expectGone(plugin()[0].pid);
		expect(asked.at(-1)?.[0]).toBe("TerminateSession");
	});

	test("says what stands in the way of a tunnel, and ends the session", async () => {
		const { code, stderr } = await start("", { PLUGIN_FAILS: "1" }).ended;
		expect(code).toBe(1);
		expect(stderr.trim()).toBe(
			`The tunnel through bastion ${bastion} did not open: is the instance running, and does its agent report to Systems Manager?`,
		);
		expect(asked.at(-1)?.[0]).toBe("TerminateSession");
	});

	test("is the way of test-infra, too, which trusts a server no sooner", async () => {
		const env = {
			ENV: "dev",
			...dev.credentials,
			AWS_ENDPOINT_URL_SSM: `http://127.0.0.1:${(manager.address() as AddressInfo).port}`,
		};
		const { stdout } = await dev.run("test-infra", env);
		// That is what Postgres says of itself at the tunnel's other end.
		expect(stdout).toMatch(/✗ Postgres, TLS verified .*self-signed certificate/);
		expect(stdout).toMatch(/✗ pgvector .*self-signed certificate/);
		const operations = asked.map(([operation]) => operation);
		const one = ["StartSession", "TerminateSession"];
		expect(operations.filter((name) => /Session/.test(name))).toEqual([...one, ...one]);
		for (const { pid } of plugin()) expectGone(pid);
		const without = await dev.run("test-infra", { ...env, PATH: "/nowhere" });
		expect(without.stdout).toMatch(
			/- Postgres, TLS verified .*session-manager-plugin, which opens a tunnel, is not on the PATH/,
		);
	});

	test.each([
		["psql", /^psql is not on the PATH: install the Postgres client/],
		["session-manager-plugin", /^session-manager-plugin is not on the PATH\. .*install it from https/],
	])("says that %s is missing, and how to come by it", async (tool, sentence) => {
		const only = join(dev.folder, `without-${tool}`);
		dev.write(`without-${tool}/none`, "");
		if (tool !== "psql") dev.write(`without-${tool}/psql`, "#!/bin/sh\n", 0o755);
		const { code, stderr } = await start("", { PATH: only }).ended;
		expect(code).toBe(1);
		expect(stderr.trim()).toMatch(sentence);
		expect(asked).toEqual([]);
	});
});

function expectGone(pid: number): void {
	expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
}

/** What Postgres shows whoever asks for TLS. */
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
