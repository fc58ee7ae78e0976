import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ApiProblem, SignInRefused, StreamCut, TimedOut } from "../../client/index.ts";
import { stubServer } from "../../client/test/stub-server.ts";
import { failureOf } from "../src/failure.ts";
import { keepSession, signInAtStub, startCommand, tokenOf } from "./command.ts";

let home: string;
beforeEach(() => {
	home = path.join(mkdtempSync(path.join(tmpdir(), "cli-failures-")), "home");
});
afterEach(() => rmSync(path.dirname(home), { recursive: true }));

const run = (...args: string[]) => startCommand(home, args).ended;

describe("an error of usage", () => {
	const hint = "collections --help shows what there is.\n";
	const isInvalid = (option: string, value: string) => `option '${option}' argument '${value}' is invalid.`;

	test.each([
		[["nosuch"], "unknown command 'nosuch'"],
		[["search"], "missing required argument 'words'"],
		[
			["search", "--type", "nosuch", "x"],
			`${isInvalid("--type <type>", "nosuch")} Allowed choices are bm25, vector, hybrid, agentic.`,
		],
		[
			["list", "--status", "nosuch"],
			`${isInvalid("--status <status>", "nosuch")} Allowed choices are pending, uploaded, processed, analyzed, deferred, ready, failed, trashed.`,
		],
		[["ask", "-n", "51", "x"], `${isInvalid("-n, --top <number>", "51")} A whole number from 1 to 50 is needed.`],
		[
			["completion", "nosuch"],
			"command-argument value 'nosuch' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish.",
		],
	])("%j ends with 2, and with its sentence for a person or a program", async (args, sentence) => {
		expect(await run(...args)).toEqual({ code: 2, stdout: "", stderr: `error: ${sentence}\n${hint}` });
		const { code, stdout, stderr } = await run(...args, "--json");
		expect([code, stdout, JSON.parse(stderr)]).toEqual([2, "", { error: sentence, exit_code: 2 }]);
	});

	test("without a command shows what there is, and says it to a program", async () => {
		expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining("upload pictures and folders") });
		const { code, stderr } = await run("--json");
		expect([code, JSON.parse(stderr)]).toEqual([2, { error: "Which command?", exit_code: 2 }]);
	});

	test("is an address without its scheme, before anything is sent", async () => {
		expect(await run("login", "--api", "localhost:3000", "--client-id", "c", "--cognito", "us-east-1")).toEqual({
			code: 2,
			stdout: "",
			stderr: "localhost:3000 is no address: it begins with https://.\n",
		});
	});
});

test("--version is the package's", async () => {
	const { version } = JSON.parse(readFileSync("packages/cli/package.json", "utf8"));
	expect(await run("--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
});

test.each([
	["cut off", '{"apiUrl":"http'],
	["of nothing", "null"],
	["without a pool", JSON.stringify({ apiUrl: "https://a", email: "a", refreshToken: "r", idToken: "t" })],
	[
		"with another address",
		JSON.stringify({
			apiUrl: "a",
			email: "a",
			refreshToken: "r",
			idToken: "t",
			pool: { clientId: "c", endpoint: "e" },
		}),
	],
])("a session's file that is broken, %s, asks for another login", async (_, content) => {
	mkdirSync(home);
	writeFileSync(path.join(home, "session.json"), content);
	for (const command of ["list", "logout"]) {
		expect(await run(command)).toEqual({
			code: 3,
			stdout: "",
			stderr: `${home}/session.json is broken: run collections login again.\n`,
		});
	}
});

describe("a service that is away", () => {
	test("ends a command with 5, also where its name or its port is wrong", async () => {
		const server = await stubServer(() => ({ body: {} }));
		await server[Symbol.asyncDispose]();
		signInAtStub(home, server.url);
		expect(await run("list")).toEqual({
			code: 5,
			stdout: "",
			stderr: "The service does not answer (ECONNREFUSED): is the address right, and this machine online?\n",
		});
		expect(await run("doctor")).toMatchObject({ code: 5, stdout: expect.stringContaining("✗ service") });
		// No browser and no fetch connects to the port of an old protocol.
		keepSession(home, {
			apiUrl: "http://127.0.0.1:25",
			pool: { clientId: "c", endpoint: "http://127.0.0.1:25" },
			email: "a",
			refreshToken: "r",
			idToken: tokenOf(),
		});
		expect(await run("list")).toMatchObject({
			code: 5,
			stderr: "The service does not answer (bad port): is the address right, and this machine online?\n",
		});
	});

	test.each([
		["a request without an answer", new TimedOut("GET /items was not answered within 35 seconds."), 5, "seconds. Try"],
		["a stream that was cut", new StreamCut("POST /chat ended before its answer was complete: send it again."), 5, ""],
		["a user pool without an answer", AbortSignal.abort(new DOMException("late", "TimeoutError")).reason, 5, "(late)"],
		["a route of the network that is gone", Object.assign(new Error("read"), { code: "EHOSTUNREACH" }), 5, "(EHOST"],
		["a gateway's refusal", new ApiProblem("GET /items", new Response(null, { status: 504 }), null), 5, "504"],
		[
			"a user pool with too much to do",
			new SignInRefused("TooManyRequestsException", "Slow down"),
			5,
			"down. Try again",
		],
		["a session that has ended", new SignInRefused("NotAuthorizedException", "Invalid Refresh Token"), 3, "Token. Run"],
		["a wrong password", new SignInRefused("NotAuthorizedException", "Incorrect password."), 3, "password. Run"],
		["a fault of the service", new ApiProblem("GET /items", new Response(null, { status: 500 }), null), 1, "500"],
		["any other error", new TypeError("x is not a function"), 1, "x is not"],
	])("%s has its exit code and its sentence", (_, error, exitCode, words) => {
		expect(failureOf(error)).toMatchObject({ exitCode, message: expect.stringContaining(words) });
	});
});

test("doctor names an address that is another service's", async () => {
	await using other = await stubServer(() => ({ body: "<html>" }));
	signInAtStub(home, other.url);
	expect(await run("doctor")).toMatchObject({
		code: 1,
		stdout: expect.stringContaining(
			`✗ service  ${other.url} answers, but not as this service does: is the address right?`,
		),
	});
});
