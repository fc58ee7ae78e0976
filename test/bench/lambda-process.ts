import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { RuntimeApi } from "#cdk-local/services/lambda/runtime-api.ts";

export interface Run {
	/** User and system time of the whole process, from its start to its end, ms. */
	cpu: number;
	/** Time from its start to its answer, ms. */
	wall: number;
}

/** Runs Node with these arguments until it exits. The shell reads the kernel's accounting of the process. */
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
	let output = "";
	child.stdout.on("data", (text) => (output += text));
	child.stderr.on("data", (text) => (output += text));
	const ended = new Promise<number>((resolve) => child.once("close", () => resolve(performance.now())));
	const failed = ended.then(() => {
		throw new Error(`The process ended without an answer:\n${output}`);
	});
	failed.catch(() => undefined);
	const answeredAt = answered ? await Promise.race([answered.then(() => performance.now()), failed]) : await ended;
	await ended;
	const [, user, system] = /^cpu ([\d.]+) ([\d.]+)$/m.exec(output) ?? [];
	if (!user || !system) throw new Error(`The process printed no CPU times:\n${output}`);
	return {
		cpu: (Number(user) + Number(system)) * 1_000,
		wall: answeredAt - started,
	};
}

/** The local cloud's client of the Lambda Runtime API, compiled to JavaScript. */
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
 * Measures a cold start: a new process behind a Runtime API, until it has answered its first request.
 * @throws if the answer's status is not `status`
 */
export async function coldStart(
	taskRoot: string,
	env: Record<string, string>,
	/** Several events are sent one after another. */
	event: object | object[],
	status = 200,
): Promise<Run> {
	const { promise, resolve, reject } = Promise.withResolvers<void>();
	const waiting = [event].flat();
	const api = await RuntimeApi.listen({
		ready() {
			const next = waiting.shift();
			// When the process polls for another invocation, the API closes the connection, and the process exits.
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
			} else reject(new Error(`Unexpected answer: ${payload}`));
		},
		failed: (_, payload) => reject(new Error(payload.toString())),
		streams: (_, body) => body.resume(),
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

/** Builds an HTTP API event (payload format 2.0). */
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
