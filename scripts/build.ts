import { createHash } from "node:crypto";
import {
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import * as esbuild from "esbuild";
import {
	tesseractAssets,
	tesseractWorker,
} from "#ai/offline/tesseract-assets.ts";
import type { Environment } from "#lib/environments.ts";
import { nativesOf, targetOf } from "./install-natives.ts";

const root = join(import.meta.dirname, "..");
const output = join(root, ".build");
const require = createRequire(import.meta.url);

/** Folders of `lambdas/`, each a function of its own. */
export const lambdas = [
	"api",
	"image-processor",
	"analyzer",
	"embedder",
	"cleanup",
	"migrate",
] as const;
export type LambdaName = (typeof lambdas)[number];

/** The folder of each function, with `handler.mjs` in it: what is zipped for AWS and what runs locally. */
export type Bundles = Record<LambdaName, string>;

/** A file of a bundle: its path in it, and either its content or the file or folder it is copied from. */
type BundleFile = { path: string } & (
	| { content: Uint8Array }
	| { from: string }
);

/**
 * Bundles every function for an environment. The JavaScript is the same for all of them; only native packages
 * differ. A bundle's folder is named after its content, so that builds at the same time do not disturb each other.
 */
export async function build(
	environment: Pick<Environment, "architecture">,
): Promise<Bundles> {
	const built = await Promise.all(
		lambdas.map(async (name) => {
			const files = [...(await javascript(name)), ...beside(name, environment)];
			return [name, place(name, files)] as const;
		}),
	);
	return Object.fromEntries(built) as Bundles;
}

async function javascript(name: LambdaName): Promise<BundleFile[]> {
	const outdir = join(output, "javascript", name);
	const result = await esbuild.build({
		absWorkingDir: root,
		entryPoints: { handler: `lambdas/${name}/handler.ts`, ...threads[name] },
		outdir,
		write: false,
		bundle: true,
		platform: "node",
		target: "node24",
		format: "esm",
		// Adapters are imported lazily; splitting keeps them out of a cold start that does not need them.
		splitting: true,
		outExtension: { ".js": ".mjs" },
		// Beside the entry, so that `import.meta.dirname` is the bundle's folder in all of them.
		chunkNames: "chunk-[hash]",
		mainFields: ["module", "main"],
		minify: true,
		legalComments: "none",
		metafile: true,
		external: external[name] ?? [],
		// CommonJS packages such as pg call require, which an ES module does not have.
		banner: {
			js: "import{createRequire as $createRequire}from'node:module';const require=$createRequire(import.meta.url);",
		},
		plugins: [onlyEnglish],
		logLevel: "warning",
	});
	mkdirSync(join(output, "meta"), { recursive: true });
	writeFileSync(
		join(output, "meta", `${name}.json`),
		JSON.stringify(result.metafile),
	);
	return result.outputFiles.map(({ path, contents }) => ({
		path: relative(outdir, path),
		content: contents,
	}));
}

/** What is not bundled: copied beside the bundle, or never loaded. */
const external: Partial<Record<LambdaName, string[]>> = {
	"image-processor": ["sharp"],
	// Voyage's SDK would compute some models on this machine with it; none of them is used.
	api: ["@huggingface/transformers"],
	embedder: ["@huggingface/transformers"],
};

/** Entries that run as threads of their own. */
const threads: Partial<Record<LambdaName, Record<string, string>>> = {
	analyzer: {
		[`tesseract/${basename(tesseractWorker.name, ".mjs")}`]:
			tesseractWorker.from,
	},
};

/** zod's entry pulls the messages of some fifty languages: 260 KB that nobody reads. */
const onlyEnglish: esbuild.Plugin = {
	name: "only-english",
	setup({ onLoad }) {
		onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
			contents: 'export { default as en } from "./en.js";',
		}));
	},
};

/** Files that a function reads when it runs. */
function beside(
	name: LambdaName,
	{ architecture }: Pick<Environment, "architecture">,
): BundleFile[] {
	switch (name) {
		case "api":
			return ["swagger-ui-bundle.js", "swagger-ui.css"].map((file) => ({
				path: `docs/${file}`,
				from: join(packageFolder("swagger-ui-dist"), file),
			}));
		case "image-processor": {
			const modules = nativesOf(targetOf(architecture));
			return readdirSync(modules)
				.filter((folder) => !folder.startsWith("."))
				.map((folder) => ({
					path: `node_modules/${folder}`,
					from: join(modules, folder),
				}));
		}
		case "analyzer":
			return tesseractAssets.map((asset) => ({
				path: `tesseract/${asset.name}`,
				from: join(root, asset.from),
			}));
		case "migrate":
			return readdirSync(join(root, "migrations"))
				.filter((file) => file.endsWith(".sql"))
				.map((file) => ({
					path: `migrations/${file}`,
					from: join(root, "migrations", file),
				}));
		default:
			return [];
	}
}

function packageFolder(name: string): string {
	return dirname(require.resolve(`${name}/package.json`));
}

/** Writes a bundle to the folder named after its content, unless it is there already. */
function place(name: LambdaName, files: BundleFile[]): string {
	const all = files
		.flatMap((file) =>
			"from" in file && statSync(file.from).isDirectory()
				? filesUnder(file.from).map((path) => ({
						path: join(file.path, path),
						from: join(file.from, path),
					}))
				: [file],
		)
		.sort((one, other) => (one.path < other.path ? -1 : 1));
	const hash = createHash("sha256");
	for (const file of all) {
		hash.update(`${file.path}\0`);
		hash.update("from" in file ? readFileSync(file.from) : file.content);
	}
	const siblings = join(output, "bundles", name);
	const folder = join(siblings, hash.digest("hex").slice(0, 16));
	mkdirSync(siblings, { recursive: true });
	if (!existsSync(folder)) {
		const draft = mkdtempSync(join(output, "draft-"));
		for (const file of all) {
			const path = join(draft, file.path);
			mkdirSync(dirname(path), { recursive: true });
			if ("from" in file) cpSync(file.from, path);
			else writeFileSync(path, file.content);
		}
		try {
			renameSync(draft, folder);
		} catch (error) {
			// Another build was first with the same content.
			rmSync(draft, { recursive: true });
			if (!existsSync(folder)) throw error;
		}
	}
	utimesSync(folder, new Date(), new Date());
	forgetOld(siblings);
	return folder;
}

function filesUnder(folder: string): string[] {
	return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
		(path) => statSync(join(folder, path)).isFile(),
	);
}

/** Removes bundles that no build gave out for an hour: the one with sharp has 20 MB. */
function forgetOld(siblings: string): void {
	const hourAgo = Date.now() - 60 * 60 * 1000;
	for (const sibling of readdirSync(siblings)) {
		const folder = join(siblings, sibling);
		if (statSync(folder).mtimeMs < hourAgo) rmSync(folder, { recursive: true });
	}
}

/** What a cold start loads at once, what it may load later, and everything in the bundle. */
function printSizes(bundles: Bundles): void {
	const kb = (bytes: number) =>
		`${Math.round(bytes / 1024).toLocaleString("en")} KB`;
	const rows = Object.entries(bundles).map(([name, folder]) => {
		const files = filesUnder(folder).map((path) => ({
			path,
			bytes: statSync(join(folder, path)).size,
		}));
		const sum = (of: typeof files) =>
			kb(of.reduce((total, { bytes }) => total + bytes, 0));
		return [
			name,
			sum(files.filter(({ path }) => path === "handler.mjs")),
			sum(files.filter(({ path }) => path.startsWith("chunk-"))),
			sum(files),
			relative(root, folder),
		];
	});
	const table = [["function", "entry", "chunks", "all", "folder"], ...rows];
	const widths = [0, 1, 2, 3, 4].map((column) =>
		Math.max(...table.map((row) => row[column]?.length ?? 0)),
	);
	for (const row of table) {
		console.log(
			row
				.map((cell, column) =>
					column === 0 || column === 4
						? cell.padEnd(widths[column] ?? 0)
						: cell.padStart(widths[column] ?? 0),
				)
				.join("  ")
				.trimEnd(),
		);
	}
}

if (import.meta.main) {
	printSizes(await build({ architecture: "host" }));
}
