import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import path from "node:path";
import { describe, expect, test } from "vitest";

type Versions = Record<string, string>;
interface Manifest {
	dependencies?: Versions;
	peerDependencies?: Versions;
	devDependencies?: Versions;
}

const readManifest = (folder: string): Manifest => JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));

const importPattern = /^(?:import|export)\s(?:[^;"=]*\sfrom\s+)?"([^"]+)"|\bimport\("([^"]+)"\)/gm;

/** Returns the packages that a folder's sources or its tests import, types included. */
function importedPackages(folder: string, part: "sources" | "tests"): string[] {
	const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
		(file) => file.endsWith(".ts") && !/(^|\/)(dist|node_modules)\//.test(file),
	);
	const specifiers = files
		.filter((file) => file.startsWith("test/") === (part === "tests"))
		.flatMap((file) => [...readFileSync(path.join(folder, file), "utf8").matchAll(importPattern)])
		.map(([, declared, dynamic]) => declared ?? dynamic ?? "");
	const packages = specifiers
		.filter((specifier) => !specifier.startsWith(".") && !isBuiltin(specifier))
		.map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? "");
	return [...new Set(packages)].sort();
}

describe.each(["packages/cdk-local", "packages/langgraph-dynamodb"])("%s/package.json", (folder) => {
	const manifest = readManifest(folder);
	const required = { ...manifest.dependencies, ...manifest.peerDependencies };

	test("requires exactly the packages that the sources import", () => {
		expect(Object.keys(required).sort()).toEqual(importedPackages(folder, "sources"));
	});

	test("lists the packages that the tests import", () => {
		const listed = Object.keys({ ...required, ...manifest.devDependencies });
		expect(listed).toEqual(expect.arrayContaining(importedPackages(folder, "tests")));
	});

	test("has the versions with which this repository tests", () => {
		const root = readManifest(".");
		const tested: Versions = { ...root.dependencies, ...root.devDependencies };
		const versions = Object.entries({ ...required, ...manifest.devDependencies });
		expect(versions.map(([name, version]) => [name, version.replace(/^\^/, "")])).toEqual(
			versions.map(([name]) => [name, tested[name]]),
		);
	});
});
