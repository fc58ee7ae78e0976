import { describe, expect, it } from "vitest";
import { AppError, ModelFailure } from "#core/errors.ts";
import { hashUser, log } from "#lambda-kit/log.ts";
import { type MetricName, metricNamespace, metrics } from "#lambda-kit/metrics.ts";
import { collectLogLines } from "../support/log-lines.ts";

const lines = collectLogLines();

const output = () => JSON.stringify(lines);

describe("a log line", () => {
	it("is one JSON object with time, level and message", () => {
		log.warn("late", { request_id: "r-1" });
		expect(lines).toEqual([
			{
				timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
				level: "warn",
				message: "late",
				request_id: "r-1",
			},
		]);
	});

	it("distinguishes users without naming them", () => {
		const users = [1, 2].map((at) => `${at}1111111-1111-4111-8111-111111111111`);
		const hashes = users.map(hashUser);
		expect(new Set(hashes).size).toBe(2);
		for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{12}$/);
	});

	it("has an error's name, code, location and causes", () => {
		const cause = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
		log.error("failed", { error: new Error("No database.", { cause }) });
		expect(lines[0].error).toMatchObject({
			name: "Error",
			message: "No database.",
			stack: expect.stringMatching(/^ {4}at .*log\.test\.ts/),
			cause: { message: "refused", code: "ECONNREFUSED" },
		});
	});

	it("has each of the errors that one error stands for", () => {
		const errors = [new Error("first", { cause: new Error("why") }), new Error("second"), "no error"];
		log.error("failed", { error: new AggregateError(errors, "Two failed.") });
		expect(lines[0].error).toMatchObject({
			name: "AggregateError",
			message: "Two failed.",
			errors: [{ message: "first", cause: { message: "why" } }, { message: "second" }],
		});
	});

	it.each([
		["a token", "Bearer eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl", "eyJ|c2lnbmF0dXJl"],
		["half a token", "got eyJhbGciOiJSUzI1NiJ9.eyJzdWIi", "eyJ"],
		["a signed URL", "https://b.s3.amazonaws.com/o/x.png?X-Amz-Date=1&X-Amz-Signature=5ecre7", "5ecre7"],
		["a login", "cannot reach postgres://app:hunter2@db.internal/x", "hunter2"],
		["an e-mail address", "no user ada.lovelace@example.co.uk here", "lovelace"],
		["a provider's key", "sk-ant-api03-abcdefghijklmnop was refused", "api03"],
		["a key of AWS", "AKIAIOSFODNN7EXAMPLE", "IOSFODNN7"],
	])("never holds %s, in any field", (_, text, secret) => {
		log.info("one", { deep: [{ text }] });
		log.error("two", { error: new Error(text) });
		log.error("three", { error: new Error("why", { cause: new Error(text) }) });
		expect(lines).toHaveLength(3);
		expect(output()).not.toMatch(new RegExp(secret));
	});

	it("never quotes input that a parser, a provider or a database echoes", () => {
		const parsing = (() => {
			try {
				JSON.parse("my secret diary");
			} catch (error) {
				return error as Error;
			}
		})();
		expect(parsing?.message).toContain("secret");
		const answer = Object.assign(new Error('400 {"error": "my secret diary is no image"}'), {
			status: 400,
			requestID: "req_1",
		});
		const failure = new ModelFailure(
			"vision_unavailable",
			"Anthropic gave no answer (400: my secret diary is no image).",
			{ cause: answer },
		);
		const invalid = Object.assign(new Error('invalid input syntax for type uuid: "my secret diary"'), {
			code: "22P02",
		});
		for (const error of [parsing, failure, invalid]) log.error("no", { error });
		expect(output()).not.toContain("secret");
		expect(lines[1].error).toMatchObject({
			name: "ModelFailure",
			code: "vision_unavailable",
			cause: { status: 400, provider_request_id: "req_1" },
		});
	});

	it("keeps the application's own sentences, which say what to do", () => {
		const detail = "Anthropic has no API key here: set the parameter.";
		const error = new AppError("provider_not_configured", detail);
		log.error("failed", { error });
		expect(lines[0].error.message).toBe(detail);
	});
});

describe("a log line's metrics", () => {
	it("have the Embedded Metric Format", () => {
		const before = Date.now();
		log.info(
			"stage",
			{ outcome: "committed" },
			{ Stage: "embed", metrics: { StageDuration: 12, UploadToReady: 3.5, StageFailures: undefined } },
		);
		const [line] = lines;
		expect(line).toMatchObject({
			outcome: "committed",
			Stage: "embed",
			Environment: "unknown",
			StageDuration: 12,
			UploadToReady: 3.5,
		});
		expect(line).not.toHaveProperty("StageFailures");
		const { Timestamp, CloudWatchMetrics, ...others } = line._aws;
		expect(others).toEqual({});
		expect(Timestamp).toBeGreaterThanOrEqual(before);
		expect(CloudWatchMetrics).toEqual([
			{
				Namespace: metricNamespace,
				Dimensions: [["Environment", "Stage"]],
				Metrics: [{ Name: "StageDuration", Unit: "Milliseconds" }],
			},
			{
				Namespace: metricNamespace,
				Dimensions: [["Environment"]],
				Metrics: [{ Name: "UploadToReady", Unit: "Seconds" }],
			},
		]);
		// The line must have each metric as a number and each dimension as text.
		for (const { Dimensions, Metrics } of CloudWatchMetrics) {
			for (const name of Dimensions.flat()) {
				expect(line[name]).toEqual(expect.any(String));
			}
			for (const { Name } of Metrics) {
				expect(line[Name]).toEqual(expect.any(Number));
			}
		}
	});

	it("are absent without a number", () => {
		log.info("skipped", {}, { Stage: "embed", metrics: {} });
		expect(Object.keys(lines[0])).toEqual(["timestamp", "level", "message"]);
	});

	it("have names that no field of a line has", () => {
		for (const name of Object.keys(metrics) as MetricName[]) {
			expect(name).toMatch(/^[A-Z][A-Za-z]+$/);
		}
	});
});
