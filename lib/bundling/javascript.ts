import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import * as esbuild from "esbuild";
import type { BundleParts } from "#lambda-kit/bundle-parts.ts";
import { hasMeta, inRoot, output, readMeta, root, writeMeta } from "./build-folder.ts";
import { langSmithWithTracerOnly, lazyBuiltins, noZod3, unusedModules } from "./plugins.ts";

/** A file of a bundle that esbuild made. */
export interface JavaScriptFile {
	path: string;
	content: Uint8Array;
}

/** The esbuild options of every bundle. */
export const bundled = {
	absWorkingDir: root,
	bundle: true,
	platform: "node",
	target: "node24",
	format: "esm",
	// Adapters are imported lazily: splitting keeps them out of a cold start that does not need them.
	splitting: true,
	outExtension: { ".js": ".mjs" },
	// Beside the entry, so that `import.meta.dirname` is the bundle's folder in all of them.
	chunkNames: "chunk-[hash]",
	mainFields: ["module", "main"],
	minify: true,
	legalComments: "none",
	// CommonJS packages such as pg call require, which an ES module does not have.
	banner: {
		js: "import{createRequire as $createRequire}from'node:module';const require=$createRequire(import.meta.url);",
	},
	plugins: [lazyBuiltins, unusedModules, noZod3, langSmithWithTracerOnly],
	logLevel: "warning",
} satisfies esbuild.BuildOptions;

/**
 * Bundles a function's JavaScript, or returns that of the last build where nothing that it was made of has changed: an
 * unchanged synth then costs 1.4 s of CPU instead of 10.
 */
export async function javascript(
	name: string,
	{ unused = [], natives = [], threads = {} }: BundleParts,
): Promise<JavaScriptFile[]> {
	const outdir = join(output, "javascript", name);
	const options = {
		entryPoints: [
			{ in: `lambdas/${name}/handler.ts`, out: "handler" },
			...Object.entries(threads).map(([file, source]) => ({ in: source, out: file.replace(/\.mjs$/, "") })),
		],
		outdir,
		write: false,
		metafile: true,
		external: [...unused, ...natives],
		...bundled,
	} satisfies esbuild.BuildOptions;
	const file = `javascript-${name}.json`;
	const recipe = recipeOf(options);
	const last = hasMeta(file) ? readMeta<LastJavaScript>(file) : null;
	if (last?.recipe === recipe && last.inputs === inputsHash(last.metafile)) {
		writeMeta(`${name}.json`, last.metafile);
		return last.files.map(({ path, base64 }) => ({ path, content: Buffer.from(base64, "base64") }));
	}
	const startedAt = Date.now();
	const { metafile, outputFiles } = await esbuild.build(options);
	writeMeta(`${name}.json`, metafile);
	const files = outputFiles.map(({ path, contents }) => ({ path: relative(outdir, path), content: contents }));
	const inputs = inputsHash(metafile);
	// A source that was saved meanwhile may be in the build as it was before.
	if (inputs && changedBefore(startedAt, metafile)) {
		const encoded = files.map(({ path, content }) => ({ path, base64: Buffer.from(content).toString("base64") }));
		writeMeta(file, { recipe, inputs, metafile, files: encoded } satisfies LastJavaScript);
	}
	return files;
}

/** A function's JavaScript of the last build, and what it was made of. */
interface LastJavaScript {
	recipe: string;
	inputs: string;
	metafile: esbuild.Metafile;
	files: { path: string; base64: string }[];
}

/** Hashes what decides on a bundle beside its sources. The lock file names the packages and the bundler. */
function recipeOf(options: object): string {
	const hash = createHash("sha256").update(JSON.stringify(options));
	const plugins = readdirSync(import.meta.dirname).map((file) => join(import.meta.dirname, file));
	for (const file of [...plugins.sort(), ...["package.json", "package-lock.json", "tsconfig.json"].map(inRoot)]) {
		hash.update(readFileSync(file));
	}
	return hash.digest("hex");
}

/** Hashes the sources of a build; null where one is gone. */
function inputsHash(metafile: esbuild.Metafile): string | null {
	const hash = createHash("sha256");
	for (const path of sourcesOf(metafile)) {
		if (!existsSync(inRoot(path))) return null;
		hash.update(`${path}\0`).update(readFileSync(inRoot(path)));
	}
	return hash.digest("hex");
}

const changedBefore = (time: number, metafile: esbuild.Metafile): boolean =>
	sourcesOf(metafile).every((path) => statSync(inRoot(path)).mtimeMs < time);

/** Returns the files of a build; a plugin makes up the modules that have a namespace. */
const sourcesOf = ({ inputs }: esbuild.Metafile): string[] =>
	Object.keys(inputs)
		.filter((path) => !/^[a-z-]+:/.test(path))
		.sort();

/** Returns what the last build put into a function's JavaScript, file by file. */
export function metafileOf(name: string): esbuild.Metafile {
	return readMeta<esbuild.Metafile>(`${name}.json`);
}
