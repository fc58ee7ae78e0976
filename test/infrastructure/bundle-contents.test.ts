import { execFileSync } from "node:child_process";
import {
	cpSync,
	existsSync,
	linkSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmdirSync,
	rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Metafile } from "esbuild";
import { describe, expect, it } from "vitest";
import { type LambdaName, lambdas } from "#lib/bundling/build.ts";
import { loadedAtStart, zippedBytes } from "#tools/sizes/bundle-sizes.ts";
import { bundles, metafiles } from "./built.ts";

const root = join(import.meta.dirname, "../..");

/** Returns the npm packages whose code is in these files, or that they import from outside the bundle. */
function packagesOf({ outputs }: Metafile, files = Object.keys(outputs)) {
	const addresses = files.flatMap((file) => [
		...Object.keys(outputs[file]?.inputs ?? {}),
		...(outputs[file]?.imports ?? []).filter(({ external }) => external).map(({ path }) => `node_modules/${path}`),
	]);
	return new Set(
		addresses
			.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1])
			.filter((name) => name !== undefined && !name.startsWith("node:")),
	);
}

/** Returns a file of a bundle together with its static imports. */
function loadedWith(metafile: Metafile, file: string, seen = new Set<string>()): Set<string> {
	const output = metafile.outputs[file];
	if (!output || seen.has(file)) return seen;
	seen.add(file);
	for (const { path, kind } of output.imports) {
		if (kind !== "dynamic-import") loadedWith(metafile, path, seen);
	}
	return seen;
}

const carrying = (name: RegExp) =>
	lambdas.filter((lambda) => [...packagesOf(metafiles[lambda])].some((each) => name.test(each ?? "")));

describe("the api's cold start", () => {
	const loaded = loadedAtStart(metafiles.api, "api");

	// Loaded at start they would cost more than all code of the api: see its connect.ts.
	it("loads no database driver, no SDK of AWS or of an AI provider, and no LangChain", () => {
		const heavy =
			/^(pg|pg-.*|@?aws-sdk.*|@smithy.*|@anthropic-ai.*|openai|voyageai|@?langchain.*|@langchain.*|tesseract.*|sharp)$/;
		const heavyOf = (packages: ReturnType<typeof packagesOf>) =>
			[...packages].filter((name) => heavy.test(name?.split("/")[0] ?? ""));
		const atStart = packagesOf(
			metafiles.api,
			loaded.map(({ path }) => path),
		);
		expect(atStart).toContain("hono");
		expect(heavyOf(atStart)).toEqual([]);
		expect(heavyOf(packagesOf(metafiles.api))).toEqual(
			expect.arrayContaining(["pg", "@aws-sdk/client-s3", "voyageai"]),
		);
	});

	/** Returns the lazily loaded entry points that import a package statically. */
	const entryPointsWith = (name: string) =>
		Object.entries(metafiles.api.outputs)
			.filter(([file, { entryPoint }]) => {
				const packages = packagesOf(metafiles.api, [...loadedWith(metafiles.api, file)]);
				return entryPoint && packages.has(name);
			})
			.map(([, { entryPoint }]) => entryPoint)
			.sort();

	it("loads LangGraph only for a turn of chat", () => {
		expect(entryPointsWith("@langchain/core")).toEqual([
			"packages/chat/graph.ts",
			"packages/chat/langsmith.ts",
			"packages/langgraph-dynamodb/saver.ts",
		]);
	});

	it("loads the protocol of agents only for /mcp, without what checks the answers that it never asks for", () => {
		expect(entryPointsWith("@modelcontextprotocol/sdk")).toEqual(["packages/mcp/src/http.ts"]);
		const packages = packagesOf(metafiles.api);
		for (const name of ["ajv", "ajv-formats", "express", "fast-uri"]) expect(packages).not.toContain(name);
	});

	it("loads LangSmith only with the tracer, which loads only with a key", () => {
		expect(entryPointsWith("langsmith")).toEqual(["packages/chat/langsmith.ts"]);
	});

	it("loads stemmers and stop words only with the first search, document, review, verification or offline answer, those of the known languages alone", () => {
		for (const name of ["@orama/stemmers", "stopword"]) {
			expect(entryPointsWith(name)).toEqual([
				"packages/ai/offline/chat.ts",
				"packages/core/search/place-matches.ts",
				"packages/core/verification/verify-text.ts",
				"packages/text/agreement.ts",
				"packages/text/document.ts",
				"packages/text/query.ts",
			]);
		}
		const inputs = Object.values(metafiles.api.outputs).flatMap((output) => Object.entries(output.inputs));
		const bytesOf = (packageName: string) =>
			inputs.reduce((sum, [path, { bytesInOutput }]) => sum + (path.includes(packageName) ? bytesInOutput : 0), 0);
		// All of its languages have 146 KB.
		expect(bytesOf("/stopword/")).toBeGreaterThan(10_000);
		expect(bytesOf("/stopword/")).toBeLessThan(50_000);
		expect(inputs.filter(([path]) => /@orama\/stemmers\/dist\/(?:am|lt|sk|ta)\.js/.test(path))).toEqual([]);
	});

	it("has none of LangChain's modules that no turn can reach", () => {
		const inputs = Object.values(metafiles.api.outputs).flatMap((output) => Object.keys(output.inputs));
		expect(inputs).toContainEqual(expect.stringContaining("@langchain/langgraph/dist/graph/state.js"));
		expect(
			inputs.filter((path) =>
				/\/(mustache|js-tiktoken|@cfworker\/json-schema|zod\/v3|@langchain\/langgraph-sdk)\//.test(path),
			),
		).toEqual([]);
	});

	it("reads less than 600 KB of JavaScript", () => {
		const bytes = loaded.reduce((sum, file) => sum + file.bytes, 0);
		expect(bytes).toBeGreaterThan(100_000);
		expect(bytes).toBeLessThan(600_000);
	});

	it("downloads less than 3 MB of code, and 9 MB of word vectors", () => {
		const table = zippedBytes(join(bundles.api, "word-vectors"));
		expect(zippedBytes(bundles.api) - table).toBeLessThan(3_000_000);
		expect(table).toBeLessThan(9_000_000);
	});

	it("is not measured of nothing: a folder without files, or a build without a file", () => {
		const empty = mkdtempSync(join(tmpdir(), "collections-empty-"));
		expect(() => zippedBytes(empty)).toThrow("has no files");
		rmdirSync(empty);
		const [last = ""] = loaded.map(({ path }) => path).toReversed();
		const { [last]: _, ...outputs } = metafiles.api.outputs;
		expect(() => loadedAtStart({ ...metafiles.api, outputs }, "api")).toThrow(`has no file ${last}`);
	});
});

describe("error classes of AWS", () => {
	const inputs = lambdas.flatMap((name) => Object.entries(metafiles[name].inputs));

	it("of which the code catches six come from bundled clients", () => {
		const imported = [...new Set(inputs.map(([path]) => path))]
			.filter((path) => /^(packages|lambdas)\//.test(path))
			.flatMap((path) =>
				Array.from(readFileSync(join(root, path), "utf8").matchAll(/instanceof (?:\w+\.)?(\w+)/g), ([, name]) => name),
			);
		const errorsOf = (path: string) =>
			Array.from(
				readFileSync(join(root, path), "utf8").matchAll(/^export class (\w+) extends/gm),
				([, name = ""]) => name,
			);
		const ofAws = inputs
			.filter(([path]) => /@aws-sdk\/client-.*\/errors\.js$/.test(path))
			.flatMap(([path]) => errorsOf(path));
		expect(ofAws.length).toBeGreaterThan(100);
		expect([...new Set(imported)].filter((name) => ofAws.includes(name ?? "")).sort()).toEqual([
			"ConditionalCheckFailedException",
			"NoSuchKey",
			"NotFound",
			"ParameterNotFound",
			"TransactionCanceledException",
			"TransactionConflictException",
		]);
	});

	const isErrors = (path: string) => /@aws-sdk\/client-.*\/errors\.js$/.test(path);

	// The other classes stay in the bundles, since the SDK's generated files are bundled as they are: 81 KB in the api.
	it.each(lambdas)("add less than 90 KB to %s", (name) => {
		const sizes = Object.values(metafiles[name].outputs).flatMap(({ inputs }) =>
			Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (isErrors(path) ? [bytesInOutput] : [])),
		);
		expect(sizes).not.toEqual([]);
		expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(90_000);
	});

	it("are not loaded at the api's start", () => {
		const atStart = loadedAtStart(metafiles.api, "api").flatMap(({ path }) =>
			Object.keys(metafiles.api.outputs[path]?.inputs ?? {}),
		);
		expect(atStart.length).toBeGreaterThan(10);
		expect(atStart.filter(isErrors)).toEqual([]);
	});
});

describe("heavy packages are only where they are used", () => {
	it.each<[string, RegExp, LambdaName[]]>([
		["sharp", /^sharp$/, ["image-processor", "analyzer"]],
		["ONNX Runtime", /^onnxruntime-/, ["analyzer"]],
		["Anthropic's models", /^@anthropic-ai\/sdk$/, ["api", "stream", "analyzer"]],
		["OpenAI's models, which also embed", /^openai$/, ["api", "stream", "analyzer", "embedder"]],
		["embedding models", /^voyageai$/, ["api", "stream", "embedder"]],
		["migrations", /^node-pg-migrate$/, ["migrate"]],
		["the HTTP API", /^hono$/, ["api", "stream"]],
	])("%s", (_, name, functions) => {
		expect(carrying(name)).toEqual(functions);
	});

	// Imported as a whole, Systems Manager's client alone had 206 KB.
	it("an AWS client has only the commands that are sent", () => {
		const outputs = lambdas.flatMap((name) => Object.values(metafiles[name].outputs));
		const parameters = outputs.filter(({ entryPoint }) => entryPoint === "packages/aws/client-ssm.ts");
		expect(parameters).not.toEqual([]);
		for (const { bytes } of parameters) expect(bytes).toBeLessThan(100_000);
		const whole = outputs.flatMap(({ entryPoint = "" }) => (/@aws-sdk\/client-/.test(entryPoint) ? [entryPoint] : []));
		expect(whole).toEqual([]);
	});

	it.each<[string, string, LambdaName[]]>([
		["text recognition", "ocr", ["analyzer"]],
		["the table of word vectors", "word-vectors", ["api", "stream", "embedder"]],
	])("%s, whose files lie beside the bundle", (_, folder, functions) => {
		expect(lambdas.filter((name) => existsSync(join(bundles[name], folder)))).toEqual(functions);
	});
});

it("the analyzer's zip has less than 50 MB", () => {
	const bytes = zippedBytes(bundles.analyzer);
	expect(bytes).toBeGreaterThan(20_000_000);
	expect(bytes).toBeLessThan(50_000_000);
});

it("a build in another folder gives the same bytes", () => {
	const elsewhere = mkdtempSync(join(tmpdir(), "collections-elsewhere-"));
	try {
		const sources = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
			cwd: root,
			encoding: "utf8",
		});
		for (const file of sources.split("\0").filter(Boolean)) {
			cpSync(join(root, file), join(elsewhere, file));
		}
		linkTree(join(root, "node_modules"), join(elsewhere, "node_modules"));
		cpSync(join(root, ".build/natives"), join(elsewhere, ".build/natives"), {
			recursive: true,
		});
		const printed = execFileSync(
			process.execPath,
			[
				"--eval",
				`import { build } from "./lib/bundling/build.ts";
				console.log(JSON.stringify(await build({ architecture: "host" })));`,
			],
			{ cwd: elsewhere, encoding: "utf8" },
		);
		const hashes = (folders: object) => Object.entries(folders).map(([name, folder]) => [name, basename(folder)]);
		// A bundle's folder is named after its content.
		expect(hashes(JSON.parse(printed))).toEqual(hashes(bundles));
	} finally {
		rmSync(elsewhere, { recursive: true });
	}
});

/** Copies a tree by hard links: a link to the folder would lead the build back to this repository. */
function linkTree(from: string, to: string): void {
	for (const entry of readdirSync(from, {
		recursive: true,
		withFileTypes: true,
	})) {
		if (!entry.isFile()) continue;
		const source = join(entry.parentPath, entry.name);
		const target = join(to, source.slice(from.length));
		mkdirSync(dirname(target), { recursive: true });
		try {
			linkSync(source, target);
		} catch {
			cpSync(source, target); // on another file system
		}
	}
}
