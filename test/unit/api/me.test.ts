import { describe, expect, it } from "vitest";
import { fakeUserPool } from "#fakes/people.ts";
import { ada, bob, generousLimits, testApi } from "./test-api.ts";

const get = (api = testApi(), user = ada) => api.as(user)("GET", "/me");
const change = (json: object, api = testApi()) => api.as(ada)("PATCH", "/me", { json });

describe("a person", () => {
	it("is told their address, tier and limits before they say anything", async () => {
		const { status, body } = await get();
		expect(status).toBe(200);
		expect(body).toEqual({
			display_name: null,
			language: null,
			time_zone: null,
			email: `${ada}@example.com`,
			tier: "free",
			limits: {
				requests_per_minute: generousLimits.requestsPerMinute,
				parallel_expensive: 100,
				pending_uploads: 1_000,
			},
		});
	});

	it("is told the tier that their token's groups give them", async () => {
		expect((await get(testApi(), `${ada}@team`)).body.tier).toBe("team");
	});

	it("changes what they name, and nobody else's profile", async () => {
		const api = testApi();
		await change({ display_name: "  Ada Lovelace ", time_zone: "europe/london" }, api);
		const { status, body } = await change({ language: "EN-gb" }, api);
		expect(status).toBe(200);
		expect(body).toMatchObject({ display_name: "Ada Lovelace", language: "en-GB", time_zone: "Europe/London" });
		await change({ display_name: null }, api);
		expect((await get(api)).body).toMatchObject({ display_name: null, language: "en-GB" });
		expect((await get(api, bob)).body).toMatchObject({ display_name: null, language: null, time_zone: null });
	});

	it.each([
		["language", "english"],
		["language", "en_GB"],
		["language", "qq"],
		["language", ""],
		["time_zone", "Europe/Atlantis"],
		["time_zone", "+02:00"],
		["time_zone", "a".repeat(51)],
		["display_name", "   "],
		["display_name", "Ada\nLovelace"],
		["display_name", "a".repeat(101)],
		["display_name", 7],
		["email", "other@example.com"],
		["tier", "unlimited"],
	])("is told that %s cannot be %j", async (field, value) => {
		const { status, body } = await change({ [field]: value });
		expect(status).toBe(422);
		expect(body.errors[0].field).toBe(`body.${field}`);
	});

	it.each([
		["language", "pt-br", "pt-BR"],
		["language", "zh-hant-tw", "zh-Hant-TW"],
		["language", "sr-Latn", "sr-Latn"],
		["time_zone", "UTC", "UTC"],
		["time_zone", "Asia/Kolkata", "Asia/Kolkata"],
		["time_zone", "America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"],
		["display_name", "Ünïcode 🙂", "Ünïcode 🙂"],
	])("may set %s to %j", async (field, value, stored) => {
		expect((await change({ [field]: value })).body[field]).toBe(stored);
	});

	it("gets their profile without the address while the user pool does not answer", async () => {
		const userPool = {
			...fakeUserPool(),
			email: async () => {
				throw new Error("The user pool is away.");
			},
		};
		const { status, body } = await get(testApi({ ports: { userPool } }));
		expect(status).toBe(200);
		expect(body).toMatchObject({ email: null, tier: "free" });
	});
});
