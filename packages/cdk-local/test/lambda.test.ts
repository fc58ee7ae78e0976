import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, startTestApp, type TestApp, testFunction } from "./test-app.ts";

const bundle = `
let invocations = 0;
export const handler = async (event, context) => {
	invocations += 1;
	switch (event.do) {
		case "environment": return { ...process.env };
		case "context": return { ...context, remaining: context.getRemainingTimeInMillis() };
		case "throw": throw new TypeError("no such thing");
		case "reject later": setTimeout(() => Promise.reject(new Error("unseen")), 1); await new Promise(() => {}); break;
		case "sleep": await new Promise((resolve) => setTimeout(resolve, event.milliseconds)); break;
		case "spin": for (;;);
		case "exit": process.exit(3);
		case "answer": return "x".repeat(event.size);
		case "say": console.log("a line"); console.error("another"); break;
		case "resolve": return import(event.name).then(() => "found", (error) => error.code);
		case "fail": throw new Error("always");
	}
	return { pid: process.pid, invocations, crashAt: process.env.CRASH_AT ?? null };
};
`;

let app: TestApp;
beforeAll(async () => {
	app = await startTestApp(
		{
			Resources: {
				Worker: testFunction({
					FunctionName: "worker",
					MemorySize: 256,
					Environment: { Variables: { COLOUR: "blue" } },
				}),
				Hasty: testFunction({ FunctionName: "hasty", Timeout: 1 }),
				Single: testFunction({
					FunctionName: "single",
					ReservedConcurrentExecutions: 1,
				}),
				Broken: testFunction({
					FunctionName: "broken",
					Handler: "handler.missing",
				}),
			},
		},
		bundle,
	);
});
afterAll(() => app?.destroy());

const client = (target: TestApp) =>
	new LambdaClient({
		region: "eu-central-1",
		endpoint: target.endpoint,
		credentials: target.operator,
		maxAttempts: 1,
	});

async function invoke(name: string, event: unknown, target = app) {
	const { StatusCode, FunctionError, Payload } = await client(target).send(
		new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }),
	);
	return {
		status: StatusCode,
		error: FunctionError,
		answer: JSON.parse(Payload?.transformToString() ?? "null"),
	};
}

test("a function returns its response, and its sandbox is used again", async () => {
	const first = await invoke("worker", {});
	const second = await invoke("worker", {});
	expect(first.status).toBe(200);
	expect(first.error).toBeUndefined();
	expect(second.answer).toEqual({
		...first.answer,
		invocations: first.answer.invocations + 1,
	});
});

test("a function's environment has its variables, Lambda's and its own keys, and nothing of cdk-local's", async () => {
	process.env.NOT_FOR_FUNCTIONS = "secret";
	const { answer } = await invoke("worker", { do: "environment" });
	delete process.env.NOT_FOR_FUNCTIONS;
	expect(answer).toMatchObject({
		COLOUR: "blue",
		AWS_REGION: "eu-central-1",
		AWS_LAMBDA_FUNCTION_NAME: "worker",
		AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256",
		AWS_ENDPOINT_URL: app.endpoint,
		_HANDLER: "handler.handler",
		TZ: ":UTC",
	});
	expect(answer.AWS_ACCESS_KEY_ID).not.toBe(app.operator.accessKeyId);
	for (const name of ["NOT_FOR_FUNCTIONS", "HOME", "NODE_PATH", "CRASH_AT"]) {
		expect(answer).not.toHaveProperty(name);
	}
});

test("a function's context has its name, memory, ARN and remaining time", async () => {
	const { answer } = await invoke("worker", { do: "context" });
	expect(answer).toMatchObject({
		functionName: "worker",
		memoryLimitInMB: "256",
		invokedFunctionArn: "arn:aws:lambda:eu-central-1:000000000000:function:worker",
	});
	expect(answer.remaining).toBeGreaterThan(5_000);
	expect(answer.remaining).toBeLessThanOrEqual(10_000);
});

test("a bundle resolves no package of the repository", async () => {
	// Fails if the package is not installed, which would make the next assertion pass for the wrong reason.
	createRequire(import.meta.url).resolve("zod");
	const { answer } = await invoke("worker", { do: "resolve", name: "zod" });
	expect(answer).toBe("ERR_MODULE_NOT_FOUND");
});

test("a thrown error is returned with type, message and trace", async () => {
	const { status, error, answer } = await invoke("worker", { do: "throw" });
	expect(status).toBe(200);
	expect(error).toBe("Unhandled");
	expect(answer).toMatchObject({
		errorType: "TypeError",
		errorMessage: "no such thing",
	});
	expect(answer.trace[1]).toContain("handler.mjs");
});

test("an unhandled rejection ends the invocation and the sandbox", async () => {
	const before = await invoke("single", {});
	const { error, answer } = await invoke("single", { do: "reject later" });
	expect(error).toBe("Unhandled");
	expect(answer.errorMessage).toBe("unseen");
	const after = await invoke("single", {});
	expect(after.answer.pid).not.toBe(before.answer.pid);
});

test("a function that exits is an error, and the next invocation has a fresh sandbox", async () => {
	const before = await invoke("single", {});
	const { error, answer } = await invoke("single", { do: "exit" });
	expect(error).toBe("Unhandled");
	expect(answer.errorType).toBe("Runtime.ExitError");
	expect(answer.errorMessage).toContain("exit status 3");
	const after = await invoke("single", {});
	expect(after.answer.pid).not.toBe(before.answer.pid);
	expect(after.answer.invocations).toBe(1);
});

test.each(["sleep", "spin"])("a function that does not end (%s) is killed at its timeout", async (behaviour) => {
	const { answer: before } = await invoke("hasty", {});
	const { error, answer } = await invoke("hasty", {
		do: behaviour,
		milliseconds: 60_000,
	});
	expect(error).toBe("Unhandled");
	expect(answer.errorMessage).toContain("Task timed out after 1.00 seconds");
	expect(() => process.kill(before.pid, 0)).toThrow("ESRCH");
});

test("a handler that does not exist is an error that names it", async () => {
	const { error, answer } = await invoke("broken", {});
	expect(error).toBe("Unhandled");
	expect(answer.errorMessage).toContain("handler.missing");
});

test("concurrent invocations run in processes of their own", async () => {
	const sleep = { do: "sleep", milliseconds: 500 };
	const answers = await Promise.all([invoke("worker", sleep), invoke("worker", sleep), invoke("worker", sleep)]);
	expect(new Set(answers.map(({ answer }) => answer.pid)).size).toBe(3);
});

test("a reserved concurrency of 1 runs invocations one after another", async () => {
	const sleep = { do: "sleep", milliseconds: 200 };
	const started = performance.now();
	const answers = await Promise.all([invoke("single", sleep), invoke("single", sleep), invoke("single", sleep)]);
	expect(performance.now() - started).toBeGreaterThan(590);
	expect(new Set(answers.map(({ answer }) => answer.pid)).size).toBe(1);
});

test("a payload over 6 MB is refused before the function sees it", async () => {
	await expect(invoke("worker", { x: "x".repeat(6 * 1024 * 1024) })).rejects.toMatchObject({
		name: "RequestTooLargeException",
		message: expect.stringContaining("6291456"),
	});
});

test("a response over 6 MB is an error, and one of 6 MB arrives", async () => {
	const large = await invoke("worker", { do: "answer", size: 6_291_454 });
	expect(large.error).toBeUndefined();
	expect(large.answer).toHaveLength(6_291_454);
	const { error, answer } = await invoke("worker", {
		do: "answer",
		size: 6_291_455,
	});
	expect(error).toBe("Unhandled");
	expect(answer.errorType).toBe("Function.ResponseSizeTooLarge");
});

test("a crash point is set for exactly one invocation, in a fresh sandbox", async () => {
	const before = await invoke("worker", {});
	const response = await app.control("PUT", "functions/Worker/crash-at", {
		at: "before:stages.commit",
	});
	expect(response.status).toBe(200);
	const crashing = await invoke("worker", {});
	const after = await invoke("worker", {});
	expect(crashing.answer).toMatchObject({
		crashAt: "before:stages.commit",
		invocations: 1,
	});
	expect(crashing.answer.pid).not.toBe(before.answer.pid);
	expect(after.answer.crashAt).toBeNull();
	expect(after.answer.pid).not.toBe(crashing.answer.pid);
});

test("the control endpoint reports a waiting crash point and the one at which a process died", async () => {
	const at = { at: "before:stages.commit" };
	await app.control("PUT", "functions/Worker/crash-at", at);
	const state = async () => {
		const response = await app.control("GET", "functions/Worker/crash-at");
		return response.json();
	};
	expect(await state()).toEqual({ waiting: at.at, died: null });
	await invoke("worker", { do: "exit" });
	expect(await state()).toEqual({ waiting: null, died: at.at });
	await app.control("PUT", "functions/Worker/crash-at", at);
	await invoke("worker", {});
	expect(await state()).toEqual({ waiting: null, died: null });
});

test("the control endpoint answers 404 for an unknown function and 403 to web pages", async () => {
	const at = { at: "before:x.y" };
	const missing = await app.control("PUT", "functions/nobody/crash-at", at);
	expect(missing.status).toBe(404);
	const page = await fetch(`${app.endpoint}/_local/health`, {
		headers: { origin: "https://example.com" },
	});
	expect(page.status).toBe(403);
	expect((await app.control("GET", "health")).status).toBe(200);
});

test("a function's output is in its log, with START and REPORT", async () => {
	await invoke("worker", { do: "say" });
	const log = await eventually(() => {
		const text = readFileSync(join(app.folder, "state/logs/worker.log"), "utf8");
		return text.includes("another") && text;
	});
	expect(log).toMatch(/^a line$/m);
	expect(log).toMatch(/^START RequestId: /m);
	expect(log).toMatch(/^REPORT RequestId: .*Memory Size: 256 MB/m);
});

test("an event invocation answers at once with 202", async () => {
	const { StatusCode } = await client(app).send(
		new InvokeCommand({
			FunctionName: "worker",
			InvocationType: "Event",
			Payload: JSON.stringify({ do: "sleep", milliseconds: 60_000 }),
		}),
	);
	expect(StatusCode).toBe(202);
});

test("an unknown function is a ResourceNotFoundException", async () => {
	await expect(invoke("nobody", {})).rejects.toMatchObject({
		name: "ResourceNotFoundException",
		message: expect.stringContaining("nobody"),
	});
});

test("stopping cdk-local ends every sandbox", async () => {
	const otherApp = await startTestApp(
		{ Resources: { Worker: testFunction({ FunctionName: "worker" }) } },
		"export const handler = async () => process.pid;",
	);
	const { answer: pid } = await invoke("worker", {}, otherApp);
	process.kill(pid, 0);
	await otherApp.destroy();
	expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});
