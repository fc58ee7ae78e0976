import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { PortRegistry } from "../ports.ts";
import { awsServices, resourceTypes } from "../services/index.ts";
import { openState } from "../state.ts";
import { openStores } from "../stores.ts";
import { ignoredTypes } from "../template/ignored.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const stateDir = mkdtempSync(join(tmpdir(), "cdk-local-readme-"));
const state = openState(stateDir);
afterAll(() => {
	state.close();
	rmSync(stateDir, { recursive: true, force: true });
});

const code = (names: string[]) => names.map((name) => `\`${name}\``).join(", ") || "-";

/** Returns the rows of the table below a heading. */
function rows(heading: string): string[] {
	const section = readme.split(`## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
	return section
		.split("\n")
		.filter((line) => line.startsWith("| "))
		.slice(1);
}

test("the README lists every resource type with the properties it takes", () => {
	const expected = Object.entries(resourceTypes).map(([type, { accepts }]) => {
		const names = Object.keys(accepts).filter((name) => name !== "Tags");
		const isIgnored = (name: string) => !!accepts[name]?.ignoredBecause;
		return `| \`${type}\` | ${code(names.filter((name) => !isIgnored(name)))} | ${code(names.filter(isIgnored))} |`;
	});
	expect(rows("Resource types")).toEqual(expected.sort());
});

test("the README lists every ignored type with its reason", () => {
	const byReason = Map.groupBy(Object.entries(ignoredTypes), ([, reason]) => reason);
	const expected = [...byReason].map(([reason, types]) => `| ${reason} | ${code(types.map(([type]) => type))} |`);
	expect(rows("Ignored types")).toEqual(expected);
});

test("the README lists every operation of every API", () => {
	const stores = openStores({
		state,
		ports: new PortRegistry(stateDir),
		assets: new Map(),
		apiPort: 0,
		databaseUrl: null,
		parameters: {},
		log: () => {},
	});
	const expected = awsServices
		.flatMap(({ api }) => api?.(stores) ?? [])
		.map(({ service, operations }) => `| \`${service}\` | ${code([...operations].sort())} |`);
	expect(rows("API operations")).toEqual(expected.sort());
});
