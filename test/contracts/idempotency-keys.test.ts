import { randomBytes, randomUUID } from "node:crypto";
import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "vitest";
import { dynamoDbIdempotencyKeys } from "#aws/idempotency-keys.ts";
import type { IdempotencyKeys, KeptAnswer, KeyClaim, KeyState } from "#core/ports/index.ts";
import { fakeIdempotencyKeys } from "#fakes/idempotency-keys.ts";
import { type Backend, backends } from "../support/checkpoint-saver.ts";
import { startedBackend } from "../support/started-backend.ts";
import { jumpingClock } from "./conversations.ts";

const clock = jumpingClock();
const second = 1_000;
const hour = 3_600 * second;

const made: KeptAnswer = {
	status: 202,
	headers: { "content-type": "application/json", location: "/items/1" },
	body: '{"headline": "Größe 🙂"}',
	itemIds: ["1"],
};

describe("keys in memory", () => {
	const keys = fakeIdempotencyKeys({ now: () => new Date(clock.now()) });
	keysContract(() => keys);
});

describe.each(backends)("keys on $name", ({ start }) => {
	const backend = startedBackend(start);
	const keys = (client: Pick<Backend["dynamodb"], "send"> = backend().dynamodb) =>
		dynamoDbIdempotencyKeys({ dynamodb: client, table: backend().table, now: clock.now });
	keysContract(keys);

	it("are claimed although the SDK retries a request whose response was lost", async () => {
		const send = (async (...args: Parameters<Backend["dynamodb"]["send"]>) => {
			await (backend().dynamodb.send(...args) as unknown as Promise<unknown>).catch(() => {});
			return backend().dynamodb.send(...args);
		}) as Backend["dynamodb"]["send"];
		expect(await keys({ send }).claim(randomUUID(), "k", "f")).toMatchObject({ state: "claimed" });
	});

	it("say that an answer too large for an item was not kept", async () => {
		const user = randomUUID();
		const body = JSON.stringify(randomBytes(270_000).toString("base64"));
		await keys().keep(user, claimed(await keys().claim(user, "k", "f")), { ...made, body });
		expect(await keys().claim(user, "k", "f")).toEqual({ state: "answered", answer: null });
	});

	it("have nothing more of an answer that a deletion removed, however many pages of answers there are", async () => {
		const user = randomUUID();
		const body = JSON.stringify(randomBytes(200_000).toString("base64"));
		for (const [key, itemIds] of Object.entries({
			a: ["1"],
			b: ["2"],
			c: ["1", "3"],
			d: [],
			e: ["2"],
			f: ["3", "2"],
		})) {
			await keys().keep(user, claimed(await keys().claim(user, key, "f")), { ...made, body, itemIds });
		}
		await keys().redact(user, ["2", "4"]);
		const stored = async (key: string) => {
			const { Item } = await backend().dynamodb.send(
				new GetItemCommand({ TableName: backend().table, Key: { pk: { S: `idempotency#${user}` }, sk: { S: key } } }),
			);
			return Boolean(Item?.answer?.M?.body);
		};
		expect(await Promise.all(["a", "b", "c", "d", "e", "f"].map(stored))).toEqual([
			true,
			false,
			true,
			true,
			false,
			false,
		]);
	});

	it("leave an item that expires after a day", async () => {
		const user = randomUUID();
		await keys().claim(user, "k", "f");
		const { Item } = await backend().dynamodb.send(
			new GetItemCommand({ TableName: backend().table, Key: { pk: { S: `idempotency#${user}` }, sk: { S: "k" } } }),
		);
		expect(Number(Item?.expires_at?.N) - clock.now() / second).toBeCloseTo(24 * 3_600, -1);
	});
});

function claimed(state: KeyState): KeyClaim {
	if (state.state !== "claimed") throw new Error(`The key is not claimed: ${state.state}.`);
	return state.claim;
}

function keysContract(get: () => IdempotencyKeys): void {
	it("give the kept answer to the same request, and to no other", async () => {
		const user = randomUUID();
		await get().keep(user, claimed(await get().claim(user, "k", "f")), made);
		expect(await get().claim(user, "k", "f")).toEqual({ state: "answered", answer: made });
		expect(await get().claim(user, "k", "g")).toEqual({ state: "other" });
		expect(await get().claim(user, "l", "f")).toMatchObject({ state: "claimed" });
		expect(await get().claim(randomUUID(), "k", "f")).toMatchObject({ state: "claimed" });
	});

	it("let one of the same requests run at a time, however many come at once", async () => {
		const user = randomUUID();
		const states = await Promise.all(Array.from({ length: 5 }, () => get().claim(user, "k", "f")));
		expect(states.map(({ state }) => state).sort()).toEqual(["claimed", "running", "running", "running", "running"]);
		expect(await get().claim(user, "k", "g")).toEqual({ state: "other" });
	});

	it("let the request run again once it was forgotten", async () => {
		const user = randomUUID();
		await get().forget(user, claimed(await get().claim(user, "k", "f")));
		expect(await get().claim(user, "k", "g")).toMatchObject({ state: "claimed" });
	});

	it("let the request run again where its first run died, whose answer then counts no more", async () => {
		const user = randomUUID();
		const dead = claimed(await get().claim(user, "k", "f"));
		clock.pass(31 * second);
		expect(await get().claim(user, "k", "g")).toEqual({ state: "other" });
		const next = claimed(await get().claim(user, "k", "f"));
		await get().keep(user, dead, { ...made, body: '"late"' });
		await get().forget(user, dead);
		expect(await get().claim(user, "k", "f")).toEqual({ state: "running" });
		await get().keep(user, next, made);
		expect(await get().claim(user, "k", "f")).toEqual({ state: "answered", answer: made });
	});

	it("have no answer any more once an item in it was deleted, and their request is not carried out again", async () => {
		const user = randomUUID();
		const stranger = randomUUID();
		for (const who of [user, stranger]) await get().keep(who, claimed(await get().claim(who, "k", "f")), made);
		const running = claimed(await get().claim(user, "running", "f"));
		await get().redact(user, ["2"]);
		expect(await get().claim(user, "k", "f")).toEqual({ state: "answered", answer: made });
		await get().redact(user, ["2", "1"]);
		expect(await get().claim(user, "k", "f")).toEqual({ state: "answered", answer: null });
		expect(await get().claim(user, "k", "g")).toEqual({ state: "other" });
		expect(await get().claim(stranger, "k", "f")).toEqual({ state: "answered", answer: made });
		await get().keep(user, running, made);
		expect(await get().claim(user, "running", "f")).toEqual({ state: "answered", answer: made });
	});

	it("keep an answer for a day, and are free for another request then", async () => {
		const user = randomUUID();
		await get().keep(user, claimed(await get().claim(user, "k", "f")), made);
		clock.pass(23 * hour);
		expect(await get().claim(user, "k", "f")).toEqual({ state: "answered", answer: made });
		clock.pass(2 * hour);
		expect(await get().claim(user, "k", "g")).toMatchObject({ state: "claimed" });
	});
}
