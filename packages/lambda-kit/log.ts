import { createHash } from "node:crypto";
import { AppError } from "#core/errors.ts";
import { runtimeEnv } from "./env.ts";
import { embeddedMetrics, type Measurement } from "./metrics.ts";
import { redact } from "./redact.ts";

type Fields = Record<string, unknown>;

function write(level: "info" | "warn" | "error", message: string, f: Fields, measurement?: Measurement) {
	const fields = Object.fromEntries(
		Object.entries(f).map(([name, value]) => [name, value instanceof Error ? describe(value) : value]),
	);
	const line = {
		timestamp: new Date().toISOString(),
		level,
		message,
		function: runtimeEnv.functionName,
		...fields,
		...(measurement && embeddedMetrics(measurement, runtimeEnv.environment)),
	};
	process.stdout.write(`${JSON.stringify(line, (_, value) => (typeof value === "string" ? redact(value) : value))}\n`);
}

/** Describes an error without quoted text: what a provider, a parser or a database quotes may be a person's. */
function describe(error: Error): Fields {
	const { code, status, requestID } = error as {
		code?: unknown;
		status?: unknown;
		requestID?: unknown;
	};
	return {
		name: error.name,
		message: mayQuote(error) ? undefined : error.message,
		code,
		status,
		// The provider finds the call by it.
		provider_request_id: requestID ?? undefined,
		stack: error.stack?.match(/^ {4}at .*$/gm)?.join("\n"),
		cause: error.cause instanceof Error ? describe(error.cause) : undefined,
		errors: error instanceof AggregateError ? describeSome(error.errors) : undefined,
	};
}

/** A line of a log has at most 256 KB. */
const maxErrors = 20;

const describeSome = (errors: unknown[]): Fields[] =>
	errors.flatMap((each) => (each instanceof Error ? [describe(each)] : [])).slice(0, maxErrors);

/** Detects errors whose message may repeat their input. */
function mayQuote(error: Error): boolean {
	// JSON.parse quotes the text at which it stopped.
	if (error instanceof SyntaxError) return true;
	// The SDKs' HTTP errors hold the response body.
	if ("status" in error || "statusCode" in error) return true;
	// Our errors are a sentence for the caller; one with a cause may quote a provider.
	if (error instanceof AppError) return error.cause !== undefined;
	// PostgreSQL quotes the value that it could not convert.
	const { code } = error as { code?: unknown };
	return typeof code === "string" && /^22[0-9A-Z]{3}$/.test(code);
}

/**
 * Writes one JSON object a line, as CloudWatch Logs Insights reads it; CloudWatch makes metrics of measurements.
 * Never log tokens, presigned URLs, queries, file names or the content of an image.
 */
export const log = {
	info: (message: string, fields: Fields = {}, measured?: Measurement) => write("info", message, fields, measured),
	warn: (message: string, fields: Fields = {}, measured?: Measurement) => write("warn", message, fields, measured),
	error: (message: string, fields: Fields = {}, measured?: Measurement) => write("error", message, fields, measured),
};

/**
 * Distinguishes users in a log without naming them. It has no salt, so that an operator finds the lines of a `sub`,
 * which is a random UUID and cannot be guessed.
 */
export function hashUser(userId: string): string {
	return createHash("sha256").update(userId).digest("hex").slice(0, 12);
}
