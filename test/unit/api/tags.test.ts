import { describe, expect, it } from "vitest";
import { readyItem } from "./ready-item.ts";
import { bob, testApi } from "./test-api.ts";

const { as, ports } = testApi();
const person = () => {
	const user = crypto.randomUUID();
	const ask = as(user);
	const tagged = async (tags: string[]) => {
		const { itemId } = await readyItem(ports, user);
		await ask("PATCH", `/items/${itemId}`, { json: { tags } });
		return itemId;
	};
	return { ask, tagged };
};

describe("tags", () => {
	it("are listed with their counts, renamed, merged and deleted", async () => {
		const { ask, tagged } = person();
		const itemId = await tagged(["Sea", "🏖️/sun"]);
		await tagged(["sea", "ocean"]);
		expect((await ask("GET", "/tags")).body).toEqual({
			tags: [
				{ name: "Sea", count: 2 },
				{ name: "ocean", count: 1 },
				{ name: "🏖️/sun", count: 1 },
			],
			total: 3,
		});
		expect((await ask("GET", "/tags", { query: { limit: "1", offset: "1" } })).body.tags).toEqual([
			{ name: "ocean", count: 1 },
		]);
		const renamed = await ask("PATCH", `/tags/${encodeURIComponent("🏖️/SUN")}`, { json: { name: " Sun " } });
		expect(renamed).toMatchObject({ status: 200, body: { name: "Sun", count: 1 } });
		expect((await ask("PATCH", "/tags/ocean", { json: { name: "SEA" } })).body).toEqual({ name: "Sea", count: 2 });
		expect((await ask("DELETE", "/tags/sun")).body).toEqual({ status: "deleted", name: "sun" });
		expect((await ask("GET", "/tags")).body.tags).toEqual([{ name: "Sea", count: 2 }]);
		expect((await ask("GET", `/items/${itemId}`)).body.tags).toEqual(["Sea"]);
	});

	it("of nobody, or of another user, are 404 and stay", async () => {
		const { ask, tagged } = person();
		await tagged(["mine"]);
		for (const [method, json] of [["PATCH", { name: "yours" }], ["DELETE"]] as const) {
			const answer = await as(bob)(method, "/tags/mine", json ? { json } : {});
			expect(answer).toMatchObject({ status: 404, body: { code: "tag_not_found" } });
		}
		expect((await ask("GET", "/tags")).body.tags).toEqual([{ name: "mine", count: 1 }]);
	});

	it.each([
		[{ name: "" }, "body.name"],
		[{ name: "x".repeat(101) }, "body.name"],
		[{}, "body.name"],
		[{ name: "a", colour: "red" }, "body.colour"],
	])("refuse the new name %j by field", async (json, field) => {
		const { ask, tagged } = person();
		await tagged(["mine"]);
		const answer = await ask("PATCH", "/tags/mine", { json });
		expect(answer.status).toBe(422);
		expect(answer.body.errors).toMatchObject([{ field }]);
	});
});
