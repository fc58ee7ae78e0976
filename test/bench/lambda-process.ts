import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { RuntimeApi } from "#cdk-local/services/lambda/runtime-api.ts";

export interface Run {
	/** User and system time of the whole process, from its start to its end, ms. */
	cpu: number;
	/** From its start until its answer is there, ms. */
	wall: number;
}

/** Runs Node with these arguments to its end. The shell reads the kernel's own account of the process. */
export async function runNode(
	args: string[],
	env: Record<string, string> = {},
	answered?: Promise<unknown>,
): Promise<Run> {
	const started = performance.now();
	const child = spawn("bash", ["-c", `TIMEFORMAT='cpu %3U %3S'; time "$@"`, "time", process.execPath, ...args], {
		env: { PATH: process.env.PATH, ...env },
		stdio: ["ignore", "pipe", "pipe"],
	});
	let said = "";
	child.stdout.on("data", (text) => (said += text));
	child.stderr.on("data", (text) => (said += text));
	const ended = new Promise<number>((resolve) => child.once("close", () => resolve(performance.now())));
	const failed = ended.then(() => {
		throw new Error(`The process ended without an answer:\n${said}`);
	});
	failed.catch(() => undefined);
	const answeredAt = answered ? await Promise.race([answered.then(() => performance.now()), failed]) : await ended;
	await ended;
	const [, user, system] = /^cpu ([\d.]+) ([\d.]+)$/m.exec(said) ?? [];
	if (!user || !system) throw new Error(`No times were told:\n${said}`);
	return {
		cpu: (Number(user) + Number(system)) * 1_000,
		wall: answeredAt - started,
	};
}

/** The client of the Lambda Runtime API that the local cloud starts functions with, as plain JavaScript. */
const bootstrap = join(mkdtempSync(join(tmpdir(), "collections-bench-")), "bootstrap.mjs");
writeFileSync(
	bootstrap,
	transformSync(readFileSync("packages/cdk-local/services/lambda/bootstrap.ts", "utf8"), {
		loader: "ts",
		format: "esm",
		target: "node24",
	}).code,
);

/**
 * One cold start: a fresh process behind a Runtime API, from nothing until the first request is answered.
 * @throws where the answer is not `status`
 */
export async function coldStart(
	taskRoot: string,
	env: Record<string, string>,
	/** Several are given one after the other. */
	event: object | object[],
	status = 200,
): Promise<Run> {
	const { promise, resolve, reject } = Promise.withResolvers<void>();
	const waiting = [event].flat();
	const api = await RuntimeApi.listen({
		ready() {
			const next = waiting.shift();
			// Asked for one more invocation the API goes away, at which the process ends itself.
			if (!next) return api.close();
			api.send({
				requestId: crypto.randomUUID(),
				payload: Buffer.from(JSON.stringify(next)),
				deadline: Date.now() + 30_000,
				functionArn: "arn:aws:lambda:us-east-1:000000000000:function:api",
			});
		},
		answered(_, payload) {
			const { statusCode } = JSON.parse(payload.toString());
			if (statusCode === status) {
				if (waiting.length === 0) resolve();
			} else reject(new Error(`Answered ${payload}`));
		},
		failed: (_, payload) => reject(new Error(payload.toString())),
		initFailed: (payload) => reject(new Error(payload.toString())),
	});
	try {
		return await runNode(
			[bootstrap],
			{
				...env,
				AWS_LAMBDA_RUNTIME_API: api.address,
				LAMBDA_TASK_ROOT: taskRoot,
				_HANDLER: "handler.handler",
			},
			promise,
		);
	} finally {
		api.close();
	}
}

/** A request as the HTTP API hands it to its function (payload format 2.0). */
export function httpEvent(
	path: string,
	headers: Record<string, string> = {},
	/** Sent by POST, as JSON. */
	body?: object,
): object {
	const method = body ? "POST" : "GET";
	return {
		version: "2.0",
		routeKey: `${method} ${path}`,
		rawPath: path,
		rawQueryString: "",
		headers: {
			host: "example.com",
			...(body && { "content-type": "application/json" }),
			...headers,
		},
		...(body && { body: JSON.stringify(body) }),
		requestContext: {
			accountId: "000000000000",
			apiId: "api",
			domainName: "example.com",
			domainPrefix: "example",
			http: {
				method,
				path,
				protocol: "HTTP/1.1",
				sourceIp: "127.0.0.1",
				userAgent: "bench",
			},
			requestId: "request",
			routeKey: `${method} ${path}`,
			stage: "$default",
			time: "20/Nov/2026:00:00:00 +0000",
			timeEpoch: 1_795_000_000_000,
		},
		isBase64Encoded: false,
	};
}
