import { expect, it } from "vitest";
import { fakePorts } from "#fakes/ports.ts";
import { allRoutes } from "#lambdas/api/routes/table.ts";
import { readyItem } from "./ready-item.ts";
import { ada, bob, testApi } from "./test-api.ts";

const confirmed = { json: { confirm: "delete my account" } };

it("is deleted with everything in it, and its token is good for nothing more but to ask again", async () => {
	const ports = fakePorts();
	const { as, app } = testApi({ ports });
	const { itemId } = await readyItem(ports, ada);
	await readyItem(ports, bob);
	const { body: share } = await as(ada)("POST", "/shares", { json: { item_id: itemId } });
	await as(ada)("PATCH", "/me", { json: { display_name: "Ada" } });

	const { status, body } = await as(ada)("DELETE", "/account", confirmed);
	expect({ status, body }).toEqual({ status: 200, body: { status: "deleted" } });

	expect([...ports.store.items.values()].map(({ item }) => item.userId)).toEqual([bob]);
	expect(ports.store.profiles.size).toBe(0);
	expect(ports.userPool.signedOut).toContain(ada);
	expect(ports.userPool.deleted).toContain(ada);
	expect((await app.request(new URL(share.url).pathname)).status).toBe(404);
	for (const route of allRoutes.filter((route) => !route.public && route.path !== "/account")) {
		const refused = await as(`${ada}@admin`)(route.method, route.path.replaceAll(/{\w+}/g, itemId));
		expect(refused, `${route.method} ${route.path}`).toMatchObject({ status: 401, body: { code: "account_deleted" } });
	}
	expect((await as(ada)("DELETE", "/account", confirmed)).body).toEqual({ status: "deleted" });
	expect((await as(bob)("GET", "/items")).body.total).toBe(1);
});

it.each([{}, { confirm: true }, { confirm: "yes" }, { confirm: "delete my account", user_id: bob }])(
	"is not deleted by %j",
	async (json) => {
		const ports = fakePorts();
		const { as } = testApi({ ports });
		await readyItem(ports, ada);
		expect((await as(ada)("DELETE", "/account", { json })).status).toBe(422);
		expect((await as(ada)("GET", "/items")).body.total).toBe(1);
		expect(ports.userPool.deleted.size).toBe(0);
	},
);

it("is closed at once where a part cannot be deleted yet, and the rest is the sweeper's", async () => {
	const ports = fakePorts();
	ports.userPool.delete = async () => {
		throw new Error("The user pool is away.");
	};
	const { as } = testApi({ ports });
	await readyItem(ports, ada);
	const { status, body } = await as(ada)("DELETE", "/account", confirmed);
	expect({ status, body }).toEqual({ status: 202, body: { status: "deleting" } });
	expect((await as(ada)("GET", "/items")).status).toBe(401);
	expect(await as(ada)("DELETE", "/account", confirmed)).toMatchObject({ status: 202, body: { status: "deleting" } });
});

it("that was deleted stays so while the table of limits is away", async () => {
	const ports = fakePorts();
	const { as } = testApi({ ports });
	await as(ada)("DELETE", "/account", confirmed);
	ports.rateLimits.take = async () => {
		throw new Error("No table.");
	};
	expect(await as(ada)("GET", "/items")).toMatchObject({ status: 401, body: { code: "account_deleted" } });
	expect((await as(bob)("GET", "/items")).status).toBe(200);
});
