import { createHash } from "node:crypto";
import { AppError } from "#core/errors.ts";
import { runtimeEnv } from "./env.ts";
import { embeddedMetrics, type Measurement } from "./metrics.ts";
import { redact } from "./redact.ts";

type Fields = Record<string, unknown>;

function write(
	level: "info" | "warn" | "error",
	message: string,
	f: Fields,
	measurement?: Measurement,
) {
	const fields = Object.fromEntries(
		Object.entries(f).map(([name, value]) => [
			name,
			value instanceof Error ? describe(value) : value,
		]),
	);
	const line = {
		timestamp: new Date().toISOString(),
		level,
		message,
		function: runtimeEnv.functionName,
		...fields,
		...(measurement && embeddedMetrics(measurement, runtimeEnv.environment)),
	};
	process.stdout.write(
		`${JSON.stringify(line, (_, value) =>
			typeof value === "string" ? redact(value) : value,
		)}\n`,
	);
}

/** An error without the words of strangers: what a provider, a parser or a database quotes may be a person's. */
function describe(error: Error): Fields {
	const { code, status, requestID } = error as {
		code?: unknown;
		status?: unknown;
		requestID?: unknown;
	};
	return {
		name: error.name,
		message: quotes(error) ? undefined : error.message,
		code,
		status,
		// By which a provider finds the call.
		provider_request_id: requestID ?? undefined,
		stack: error.stack?.match(/^ {4}at .*$/gm)?.join("\n"),
		cause: error.cause instanceof Error ? describe(error.cause) : undefined,
	};
}

/** Whether an error's message may repeat what it was given. */
function quotes(error: Error): boolean {
	// JSON.parse shows where it stopped.
	if (error instanceof SyntaxError) return true;
	// The SDKs' errors of HTTP hold the answer's body.
	if ("status" in error || "statusCode" in error) return true;
	// Ours are one clear sentence for the caller, who knows what they sent; with a cause they pass on a provider's.
	if (error instanceof AppError) return error.cause !== undefined;
	// PostgreSQL shows the value of which it could not make a number, a date or text.
	const { code } = error as { code?: unknown };
	return typeof code === "string" && /^22[0-9A-Z]{3}$/.test(code);
}

/**
 * One JSON object a line, as CloudWatch Logs Insights reads it; of what is measured, CloudWatch makes metrics.
 * Never give it tokens, presigned URLs, queries, file names or what is seen in an image.
 */
export const log = {
	info: (message: string, fields: Fields = {}, measured?: Measurement) =>
		write("info", message, fields, measured),
	warn: (message: string, fields: Fields = {}, measured?: Measurement) =>
		write("warn", message, fields, measured),
	error: (message: string, fields: Fields = {}, measured?: Measurement) =>
		write("error", message, fields, measured),
};

/**
 * Tells users apart in a log without naming them. Without salt, so that whoever is told a `sub` finds its lines:
 * a `sub` is a random UUID, which nobody finds by trying.
 */
export function hashUser(userId: string): string {
	return createHash("sha256").update(userId).digest("hex").slice(0, 12);
}
