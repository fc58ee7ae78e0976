import { describe, expect, it } from "vitest";
import { AppError } from "#core/errors.ts";
import { fakePorts } from "#fakes/ports.ts";
import { collectLogLines } from "../../support/log-lines.ts";
import { readyItem } from "./ready-item.ts";
import { ada, testApi } from "./test-api.ts";

const secret = "postgres://master:hunter2@db.internal";

/** Makes items whose `list` is replaced. */
function itemsThat(list: () => Promise<never>) {
	return { items: { ...fakePorts().items, list } };
}

const lines = collectLogLines();

describe("an unexpected error", () => {
	it("is a bare 500 whose cause only the log has, under the same id", async () => {
		const { as } = testApi({
			ports: itemsThat(async () => {
				throw new Error(secret);
			}),
		});
		const answer = await as(ada)("GET", "/items");
		expect(answer.status).toBe(500);
		expect(answer.body).toEqual({
			type: "urn:collections:problem:internal_error",
			title: "An error on our side",
			status: 500,
			detail: expect.any(String),
			code: "internal_error",
			instance: expect.stringMatching(/^urn:request:/),
		});
		expect(JSON.stringify(answer.body)).not.toContain("hunter2");
		const line = lines.find((line) => JSON.stringify(line).includes("db.internal"));
		const logged = JSON.stringify(line);
		expect(logged).toContain("postgres://");
		expect(logged).not.toContain("hunter2");
		const requestId = answer.body.instance.replace("urn:request:", "");
		expect(line).toMatchObject({
			level: "error",
			request_id: requestId,
		});
	});
});

describe("a database that is unavailable", () => {
	const away = async () => {
		throw new AppError("database_unavailable", "The database is unavailable.");
	};

	it("is a 503 with a Retry-After", async () => {
		const { as } = testApi({ ports: itemsThat(away) });
		const answer = await as(ada)("GET", "/items");
		expect(answer.status).toBe(503);
		expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
		expect(answer.body.code).toBe("database_unavailable");
	});

	it("makes /health unhealthy and does not affect /version", async () => {
		const { as } = testApi({ ports: { health: { check: away } } });
		const health = await as(ada)("GET", "/health");
		expect(health.status).toBe(503);
		expect(health.body).toEqual({
			status: "unhealthy",
			timestamp: expect.any(String),
			environment: "test",
			version: "1.2.3",
			git_sha: "abcdef0",
			database: "postgresql",
		});
		expect((await as(ada)("GET", "/version")).body).toEqual({
			version: "1.2.3",
			git_sha: "abcdef0",
			environment: "test",
		});
	});
});

describe("an answer that takes too long", () => {
	it("is ended by the API's own 504, before the gateway's", async () => {
		const { as } = testApi({
			ports: itemsThat(() => new Promise(() => {})),
			maxAnswerMs: 20,
		});
		const answer = await as(ada)("GET", "/items");
		expect(answer.status).toBe(504);
		expect(answer.body.code).toBe("timed_out");
	});
});

describe("the log", () => {
	it("has one line per request, with the route's pattern and the user's hash", async () => {
		const { as } = testApi();
		await as(ada)("GET", `/items/${crypto.randomUUID()}`);
		expect(lines).toHaveLength(1);
		expect(lines[0]).toMatchObject({
			level: "info",
			message: "request",
			method: "GET",
			route: "/items/:id",
			status: 404,
			request_id: expect.any(String),
			duration_ms: expect.any(Number),
		});
	});

	it("never has tokens, users, queries or presigned URLs", async () => {
		const api = testApi();
		const { itemId } = await readyItem(api.ports, ada);
		const ask = api.as(ada);
		const image = await ask("GET", `/images/${itemId}.png`);
		await ask("GET", "/items", { query: { category: "lighthouse" } });
		await ask("POST", "/search", { json: { query: "lighthouse" } });
		await ask("GET", "/lighthouse");
		const logged = JSON.stringify(lines);
		expect(lines).toHaveLength(4);
		expect(logged).not.toContain("lighthouse");
		expect(logged).not.toContain(ada);
		expect(logged).not.toContain(image.body.url);
	});
});
