import { describe, expect, it } from "vitest";
import { allRoutes, streamedRoutes } from "#lambdas/api/routes/table.ts";
import { ada, testApi } from "./test-api.ts";

const { app, as } = testApi();

interface Operation {
	summary?: string;
	security: object[];
	parameters?: { name: string; in: string }[];
	requestBody?: object;
	responses: Record<string, Answer | { $ref: string }>;
}
interface Answer {
	description: string;
	content?: Record<string, unknown>;
}
const document = (await (await app.request("/openapi.json")).json()) as {
	openapi: string;
	info: { version: string };
	paths: Record<string, Record<string, Operation>>;
	components: { schemas: Record<string, unknown>; responses: Record<string, Answer> };
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
	Object.entries(methods).map(([method, operation]) => ({
		route: `${method.toUpperCase()} ${path}`,
		path,
		operation,
	})),
);

describe("the route table", () => {
	const table = [...allRoutes, ...streamedRoutes].map(({ method, path }) => `${method} ${path}`);

	it("names the module that serves each route", async () => {
		for (const { method, path } of allRoutes) {
			const address = path.replace("{asset}", "start.js");
			const { status, body } = await as(`${ada}@admin`)(method, address);
			expect(body.code, `${method} ${path}: ${status}`).not.toBe("route_not_found");
		}
		expect((await as(ada)("GET", "/nowhere")).body.code).toBe("route_not_found");
	});

	it("has exactly the routes that the OpenAPI document describes", () => {
		expect(operations.map(({ route }) => route).sort()).toEqual([...table].sort());
	});

	it("marks exactly the routes as public that are documented without a token", () => {
		const documented = operations.filter(({ operation }) => operation.security.length === 0).map(({ route }) => route);
		const open = allRoutes.filter((route) => route.public);
		expect(documented.sort()).toEqual(open.map(({ method, path }) => `${method} ${path}`).sort());
	});
});

describe("the OpenAPI document", () => {
	it("has version 3.1", () => {
		expect(document.openapi).toMatch(/^3\.1\./);
	});

	it("refers only to existing components", () => {
		const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
			([, path]) => path as string,
		);
		expect(references.length).toBeGreaterThan(10);
		for (const reference of references) {
			const target = reference
				.split("/")
				.reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], document);
			expect(target, reference).toBeDefined();
		}
	});

	it("describes every parameter of a path", () => {
		for (const { route, path, operation } of operations) {
			const described = (operation.parameters ?? [])
				.filter((parameter) => parameter.in === "path")
				.map(({ name }) => name);
			const named = [...path.matchAll(/{(\w+)}/g)].map(([, name]) => name);
			expect(described, route).toEqual(named);
		}
	});

	it("describes every route, and both forms of a refused token", () => {
		for (const { route, operation } of operations) {
			expect(operation.summary, route).toBeTruthy();
			if (operation.security.length === 0) continue;
			expect(operation.responses["401"], route).toEqual({ $ref: "#/components/responses/Unauthorized" });
		}
		expect(Object.keys(document.components.responses.Unauthorized?.content ?? {})).toEqual([
			"application/problem+json",
			"application/json",
		]);
	});

	it("has each response to an error once", () => {
		const errors = operations.flatMap(({ operation }) =>
			Object.entries(operation.responses).flatMap(([status, response]) => (Number(status) < 400 ? [] : [response])),
		);
		expect(errors.length).toBeGreaterThan(50);
		const inline = errors.flatMap((response) => ("$ref" in response ? [] : [response.description]));
		const shared = Object.values(document.components.responses).map(({ description }) => description);
		const all = [...inline, ...shared];
		expect(all.filter((description, at) => all.indexOf(description) !== at)).toEqual([]);
	});

	it("has no nullable schema behind a reference", () => {
		expect(document.components.schemas.Analysis).toMatchObject({
			type: "object",
		});
		expect(document.components.schemas.Item).toMatchObject({ type: "object" });
	});
});
