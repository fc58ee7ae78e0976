import { describe, expect, it } from "vitest";
import { ada, testApi } from "./test-api.ts";

const { app, as } = testApi();
const get = (path: string) => as(ada)("GET", path);

describe("the docs page", () => {
	it("loads only its own files, which exist", async () => {
		const page = await get("/docs");
		expect(page.headers.get("content-type")).toContain("text/html");
		const loaded = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address as string);
		expect(loaded.length).toBeGreaterThanOrEqual(4);
		for (const address of loaded.filter((to) => to !== "data:,")) {
			const url = new URL(address, "http://localhost/docs");
			expect(url.origin).toBe("http://localhost");
			expect((await app.request(url.pathname)).status, address).toBe(200);
		}
	});

	it("forbids inline scripts and scripts of other origins", async () => {
		const { headers, body } = await get("/docs");
		const policy = headers.get("content-security-policy") ?? "";
		expect(policy).toContain("default-src 'none'");
		expect(policy).toContain("script-src 'self';");
		expect(body).not.toMatch(/<script(?! src=)|\son\w+=|style=/);
	});

	it("has files with their types, which the browser caches", async () => {
		for (const [name, type] of [
			["swagger-ui-bundle.js", "text/javascript"],
			["start.js", "text/javascript"],
			["swagger-ui.css", "text/css"],
		]) {
			const file = await get(`/docs/${name}`);
			expect(file.headers.get("content-type")).toContain(type);
			expect(file.headers.get("cache-control")).toContain("max-age=");
		}
	});

	it.each([
		"package.json",
		"..%2fpackage.json",
		"%2e%2e%2f..%2fhandler.mjs",
		"swagger-ui.css%00",
		"constructor",
		"__proto__",
	])("serves no other file: %s", async (name) => {
		expect((await get(`/docs/${name}`)).status).toBe(404);
	});
});
