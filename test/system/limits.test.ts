import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { newUser } from "./environment.ts";

test("a person beyond a limit is told how long to wait, and nobody else is refused", async () => {
	const [user, stranger] = await Promise.all([newUser(), newUser()]);
	const remove = async ({ apiUrl, session }: typeof user) =>
		fetch(`${apiUrl}/items/${randomUUID()}`, {
			method: "DELETE",
			headers: { authorization: `Bearer ${await session.token()}`, origin: "http://localhost:3000" },
		});
	let answer = await remove(user);
	expect(answer.status).toBe(404);
	expect(answer.headers.get("ratelimit-policy")).toBe('"write";q=100;w=60');
	expect(answer.headers.get("access-control-expose-headers")).toContain("ratelimit");
	// One request more becomes possible every 600 ms.
	for (let request = 1; answer.status === 404 && request < 400; request += 1) answer = await remove(user);
	expect(answer.status).toBe(429);
	expect(Number(answer.headers.get("retry-after"))).toBe(1);
	expect(answer.headers.get("ratelimit")).toBe('"write";r=0;t=1');
	expect(await answer.json()).toMatchObject({ code: "rate_limited", detail: expect.stringContaining("100 requests") });
	expect((await remove(stranger)).headers.get("ratelimit")).toBe('"write";r=99;t=1');
});

test("a message to a chat counts towards its person's quotas, and nobody else's", async () => {
	const [user, stranger] = await Promise.all([newUser(), newUser()]);
	const ask = async ({ apiUrl, session }: typeof user, path: string, body?: object) =>
		fetch(apiUrl + path, {
			method: body ? "POST" : "GET",
			headers: { authorization: `Bearer ${await session.token()}`, "content-type": "application/json" },
			...(body && { body: JSON.stringify(body) }),
		});
	const quotas = async (person: typeof user) =>
		((await (await ask(person, "/usage")).json()) as { quotas: { use: string; limit: number; used: number }[] }).quotas;
	expect((await ask(user, "/chat", { message: "Which receipts do I have?" })).status).toBe(200);
	expect((await ask(user, "/verifications", { text: "It costs 240 euros." })).status).toBe(201);
	expect((await quotas(user)).map(({ use, limit, used }) => [use, limit, used])).toEqual([
		["messages", 5_000, 1],
		["messages", 50_000, 1],
		["verifications", 5_000, 1],
		["verifications", 50_000, 1],
		["uploads", 100_000, 0],
		["uploads", 1_000_000, 0],
	]);
	expect((await quotas(stranger)).map(({ used }) => used)).toEqual([0, 0, 0, 0, 0, 0]);
});
