import type { Context } from "aws-lambda";
import { afterAll, expect, it, vi } from "vitest";
import { cleanupEnv } from "#lambdas/cleanup/env.ts";
import { collectLogLines } from "../support/log-lines.ts";

// Nothing listens on port 1.
for (const name of cleanupEnv) vi.stubEnv(name, "1");
for (const [name, value] of Object.entries({
	DATABASE_HOST: "127.0.0.1",
	DATABASE_TLS: "off",
	AWS_ENDPOINT_URL: "http://127.0.0.1:1",
	AWS_REGION: "eu-central-1",
	AWS_ACCESS_KEY_ID: "test",
	AWS_SECRET_ACCESS_KEY: "test",
	AWS_MAX_ATTEMPTS: "1",
})) {
	vi.stubEnv(name, value);
}
const { handler } = await import("#lambdas/cleanup/handler.ts");
afterAll(() => void vi.unstubAllEnvs());

const lines = collectLogLines();

it("the sweeper tries each of its parts where all fail, logs why each did, and fails", async () => {
	const context = { awsRequestId: "r", getRemainingTimeInMillis: () => 60_000 } as Context;
	const failure = await Promise.resolve(handler({}, context)).catch((error) => error);
	expect(failure).toBeInstanceOf(AggregateError);
	const failed = lines.filter(({ message }) => message === "a part of the sweep failed");
	// Events, stalled items, uploads, requests, deliveries, deletions; then the measurement, recent claims, trash, redactions and partitions.
	expect(failed).toHaveLength(15);
	for (const { error } of failed) expect(JSON.stringify(error)).toContain("ECONNREFUSED");
	expect(failure.errors).toHaveLength(15);
});
