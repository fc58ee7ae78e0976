import { build } from "esbuild";
import { expect, it } from "vitest";

const entry = "lambdas/api/handler.ts";
const { metafile } = await build({
	entryPoints: { handler: entry },
	outdir: "unwritten",
	write: false,
	metafile: true,
	bundle: true,
	splitting: true,
	format: "esm",
	platform: "node",
	mainFields: ["module", "main"],
	external: ["@huggingface/transformers"],
	logLevel: "silent",
});

/** The packages of every file that is loaded before the first request. */
function loadedAtStart(): Set<string> {
	const files = new Set<string>();
	const follow = (file: string) => {
		if (files.has(file)) return;
		files.add(file);
		for (const to of metafile.outputs[file]?.imports ?? []) {
			if (to.kind === "import-statement" && !to.external) follow(to.path);
		}
	};
	const [start] =
		Object.entries(metafile.outputs).find(
			([, output]) => output.entryPoint === entry,
		) ?? [];
	if (!start) throw new Error(`No output comes of ${entry}.`);
	follow(start);
	return packagesOf([...files]);
}

function packagesOf(files: string[]): Set<string> {
	return new Set(
		files
			.flatMap((file) => Object.keys(metafile.outputs[file]?.inputs ?? {}))
			.map((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1])
			.filter((name) => name !== undefined),
	);
}

// Loaded at once they cost a cold start more than all code of the api: see its connect.ts.
it("the api starts without database driver, AWS clients and AI SDKs, which it has", () => {
	const heavy =
		/^(pg|pg-.*|@aws-sdk\/.*|@smithy\/.*|@anthropic-ai\/.*|openai|voyageai|tesseract.*|sharp)$/;
	const heavyOf = (packages: Set<string>) =>
		[...packages].filter((name) => heavy.test(name));
	expect(heavyOf(loadedAtStart())).toEqual([]);
	expect(heavyOf(packagesOf(Object.keys(metafile.outputs)))).toEqual(
		expect.arrayContaining(["pg", "@aws-sdk/client-s3", "voyageai"]),
	);
	// Images are described by the analyzer: the api has no business with these.
	const all = packagesOf(Object.keys(metafile.outputs));
	for (const foreign of ["@anthropic-ai/sdk", "openai", "tesseract.js-core"]) {
		expect(all).not.toContain(foreign);
	}
});
