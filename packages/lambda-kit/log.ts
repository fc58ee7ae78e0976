import { createHash } from "node:crypto";
import { runtimeEnv } from "./env.ts";

type Fields = Record<string, unknown>;

function write(level: "info" | "warn" | "error", message: string, f: Fields) {
	const fields = Object.fromEntries(
		Object.entries(f).map(([name, value]) => [
			name,
			value instanceof Error ? describe(value) : value,
		]),
	);
	process.stdout.write(
		`${JSON.stringify({
			timestamp: new Date().toISOString(),
			level,
			message,
			function: runtimeEnv.functionName,
			...fields,
		})}\n`,
	);
}

function describe(error: Error): Fields {
	return {
		name: error.name,
		message: error.message,
		code: (error as { code?: unknown }).code,
		stack: error.stack,
		cause: error.cause instanceof Error ? describe(error.cause) : undefined,
	};
}

/** One JSON object a line, as CloudWatch Logs Insights reads it. Never give it tokens, presigned URLs or queries. */
export const log = {
	info: (message: string, fields: Fields = {}) =>
		write("info", message, fields),
	warn: (message: string, fields: Fields = {}) =>
		write("warn", message, fields),
	error: (message: string, fields: Fields = {}) =>
		write("error", message, fields),
};

/** Tells users apart in a log without naming them. */
export function hashUser(userId: string): string {
	return createHash("sha256").update(userId).digest("hex").slice(0, 12);
}
