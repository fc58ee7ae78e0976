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

/** Lists the imports of a folder's sources or of its tests, types included: the file and what it names. */
function importsOf(folder: string, part: "sources" | "tests"): { file: string; specifier: string }[] {
	return readdirSync(folder, { recursive: true, encoding: "utf8" })
		.filter((file) => file.endsWith(".ts") && !/(^|\/)(dist|node_modules)\//.test(file))
		.filter((file) => file.startsWith("test/") === (part === "tests"))
		.flatMap((file) =>
			[...readFileSync(path.join(folder, file), "utf8").matchAll(importPattern)].map(([, declared, dynamic]) => ({
				file: path.join(folder, file),
				specifier: declared ?? dynamic ?? "",
			})),
		);
}

/** Returns the packages that a folder's sources or its tests import. */
function importedPackages(folder: string, part: "sources" | "tests"): string[] {
	const packages = importsOf(folder, part)
		.filter(({ specifier }) => !specifier.startsWith(".") && !isBuiltin(specifier))
		.map(({ specifier }) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? "");
	return [...new Set(packages)].sort();
}

const packages = ["packages/cdk-local", "packages/client", "packages/langgraph-dynamodb"];

describe.each(packages)("%s/package.json", (folder) => {
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

test.each(packages)(
	"%s imports nothing of the repository around it, except cdk-local/testing in its tests",
	(folder) => {
		const outside = (["sources", "tests"] as const).flatMap((part) =>
			importsOf(folder, part)
				.filter(({ specifier }) => specifier.startsWith("."))
				.map(({ file, specifier }) => ({ part, to: path.join(path.dirname(file), specifier) }))
				.filter(({ to }) => !to.startsWith(`${folder}/`))
				.map(({ part, to }) => `${part}: ${to}`),
		);
		const isChat = folder === "packages/langgraph-dynamodb";
		expect(outside).toEqual(isChat ? ["tests: packages/cdk-local/testing/index.ts"] : []);
	},
);

test("only one file of the application's tests imports from a package's tests", () => {
	const importers = ["test", "tools", "scripts"]
		.flatMap((folder) => importsOf(folder, "sources"))
		.filter(({ specifier }) => /^#[\w-]+\/test\//.test(specifier))
		.map(({ file }) => file);
	expect([...new Set(importers)]).toEqual(["test/support/checkpoint-saver.ts"]);
});
