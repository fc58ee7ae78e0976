/**
 * The client of the Lambda Runtime API: loads the handler, then requests one invocation after another.
 * Runs in the sandbox's process, so it imports only Node's modules and loads at once.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";

// An import would also load undici: it reads every property of the module, and http.WebSocket is a lazy one.
const { Agent, request } = process.getBuiltinModule("node:http");

const variable = (name: string) => process.env[name] ?? "";
const [host, port] = variable("AWS_LAMBDA_RUNTIME_API").split(":");
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

interface RuntimeResponse {
	status: number;
	headers: Record<string, string | string[] | undefined>;
	body: string;
}

function call(method: string, path: string, body?: string): Promise<RuntimeResponse> {
	return new Promise((resolve, reject) => {
		const outgoing = request(
			{
				agent,
				host,
				port,
				method,
				path: `/2018-06-01/runtime/${path}`,
				headers: {
					"content-type": "application/json",
					"content-length": Buffer.byteLength(body ?? ""),
				},
			},
			(incoming) => {
				const chunks: Buffer[] = [];
				incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
				incoming.on("error", reject);
				incoming.on("end", () =>
					resolve({
						status: incoming.statusCode ?? 0,
						headers: incoming.headers,
						body: Buffer.concat(chunks).toString(),
					}),
				);
			},
		);
		outgoing.on("error", reject);
		outgoing.end(body);
	});
}

/** Marks the handlers that write their response as a stream. */
const streams = Symbol.for("aws.lambda.runtime.handler.streaming");

type Writable = import("node:stream").Writable;

/** The global of AWS's runtime for functions that stream. */
Object.assign(globalThis, {
	awslambda: {
		streamifyResponse: (handler: object) => Object.assign(handler, { [streams]: true }),
		HttpResponseStream: {
			/** Sends an HTTP response's head before the first byte of its body. */
			from(stream: Writable & { contentType?: string }, head: object) {
				stream.contentType = "application/vnd.awslambda.http-integration-response";
				stream.write(`${JSON.stringify(head)}${"\0".repeat(8)}`);
				return stream;
			},
		},
	},
});

/** Opens the response of an invocation as a stream to the Runtime API. Whoever reads it may close it before its end. */
function openResponse(id: string): { stream: Writable; sent: Promise<void> } {
	const { promise: sent, resolve } = Promise.withResolvers<void>();
	const outgoing = request(
		{
			agent,
			host,
			port,
			method: "POST",
			path: `/2018-06-01/runtime/invocation/${id}/response`,
			headers: {
				"content-type": "application/octet-stream",
				"lambda-runtime-function-response-mode": "streaming",
				"transfer-encoding": "chunked",
				trailer: "lambda-runtime-function-error-type, lambda-runtime-function-error-body",
			},
		},
		(incoming) => incoming.resume().on("end", resolve).on("error", resolve),
	);
	outgoing.on("error", () => resolve()).on("close", () => resolve());
	return { stream: outgoing, sent };
}

/** Runs a handler that streams. An error after its first byte is told in the trailers, as by AWS's runtime. */
async function runStreaming(id: string, event: unknown, context: unknown): Promise<void> {
	const { stream, sent } = openResponse(id);
	try {
		await (handler as unknown as (...args: unknown[]) => Promise<void>)(event, stream, context);
	} catch (error) {
		logError("Invoke Error", error);
		(stream as import("node:http").ClientRequest).addTrailers({
			"lambda-runtime-function-error-type": error instanceof Error ? error.name : "Error",
			"lambda-runtime-function-error-body": Buffer.from(describeError(error)).toString("base64"),
		});
	}
	if (!stream.writableEnded && !stream.destroyed) stream.end();
	await sent;
}

function describeError(error: unknown): string {
	const thrown = error instanceof Error ? error : new Error(String(error));
	return JSON.stringify({
		errorType: thrown.name,
		errorMessage: thrown.message,
		trace: (thrown.stack ?? "").split("\n"),
	});
}

function logError(title: string, error: unknown): void {
	console.error(title, error);
}

let invocation: string | null = null;

/** Ends the invocation and the sandbox on an uncaught error, as AWS's runtime does. */
async function die(error: unknown): Promise<never> {
	logError("Uncaught", error);
	const path = invocation ? `invocation/${invocation}/error` : "init/error";
	await call("POST", path, describeError(error)).catch(() => undefined);
	process.exit(129);
}
process.on("uncaughtException", (error) => void die(error));
process.on("unhandledRejection", (error) => void die(error));

async function load() {
	const [file = "", name = ""] = variable("_HANDLER").split(".");
	const path = join(variable("LAMBDA_TASK_ROOT"), `${file}.mjs`);
	const handler = (await import(pathToFileURL(path).href))[name];
	if (typeof handler !== "function") {
		throw new Error(`${variable("_HANDLER")} is undefined or not exported`);
	}
	return handler as (event: unknown, context: unknown) => unknown;
}

let handler: Awaited<ReturnType<typeof load>>;
try {
	handler = await load();
} catch (error) {
	await die(error);
}

for (;;) {
	const next = await call("GET", "invocation/next").catch(() => process.exit());
	// Any other status means that this sandbox is being ended.
	if (next.status !== 200) process.exit();
	const header = (name: string) => String(next.headers[name] ?? "");
	invocation = header("lambda-runtime-aws-request-id");
	const deadline = Number(header("lambda-runtime-deadline-ms"));
	process.env._X_AMZN_TRACE_ID = header("lambda-runtime-trace-id");
	const context = {
		awsRequestId: invocation,
		functionName: variable("AWS_LAMBDA_FUNCTION_NAME"),
		functionVersion: variable("AWS_LAMBDA_FUNCTION_VERSION"),
		invokedFunctionArn: header("lambda-runtime-invoked-function-arn"),
		memoryLimitInMB: variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
		logGroupName: variable("AWS_LAMBDA_LOG_GROUP_NAME"),
		logStreamName: variable("AWS_LAMBDA_LOG_STREAM_NAME"),
		callbackWaitsForEmptyEventLoop: false,
		getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
	};
	// biome-ignore lint/style/noNonNullAssertion: `die` does not return.
	if (streams in handler!) {
		await runStreaming(invocation, JSON.parse(next.body), context);
		invocation = null;
		continue;
	}
	let path = "response";
	let body: string;
	try {
		// biome-ignore lint/style/noNonNullAssertion: `die` does not return.
		const answer = await handler!(JSON.parse(next.body), context);
		body = JSON.stringify(answer) ?? "null";
	} catch (error) {
		logError("Invoke Error", error);
		path = "error";
		body = describeError(error);
	}
	await call("POST", `invocation/${invocation}/${path}`, body).catch(() => process.exit());
	invocation = null;
}
