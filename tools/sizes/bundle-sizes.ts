import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import type { Metafile } from "esbuild";
import type { Bundles, LambdaName } from "#lib/bundling/build.ts";
import { metafileOf } from "#lib/bundling/javascript.ts";

/**
 * Returns the files of a bundle that load before the first request: the entry and its static imports.
 * @throws if the build lacks one
 */
export function loadedAtStart({ outputs }: Metafile, name: LambdaName) {
	const loaded = new Set<string>();
	const follow = (file: string) => {
		if (loaded.has(file)) return;
		loaded.add(file);
		for (const { kind, path, external } of outputs[file]?.imports ?? []) {
			if (kind === "import-statement" && !external) follow(path);
		}
	};
	const [entry] =
		Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === `lambdas/${name}/handler.ts`) ?? [];
	if (!entry) throw new Error(`The build has no output for the handler of ${name}.`);
	follow(entry);
	return [...loaded].map((path) => {
		const bytes = outputs[path]?.bytes;
		if (bytes === undefined) throw new Error(`The build of ${name} has no file ${path}.`);
		return { path, bytes };
	});
}

/**
 * Returns the bytes of a folder as a zip, which Lambda limits and a cold start downloads: each file deflated, with its
 * local header and its entry in the directory, and the directory's end.
 * @throws if the folder has no files
 */
export function zippedBytes(folder: string): number {
	const endOfDirectory = 22;
	return filesUnder(folder).reduce((sum, path) => {
		const content = readFileSync(join(folder, path));
		const deflated = Math.min(deflateRawSync(content).length, content.length);
		return sum + deflated + 30 + 46 + 2 * Buffer.byteLength(path);
	}, endOfDirectory);
}

/** Returns one row a function: the bytes that load at start, those that may load later, and the zip's. */
export function bundleSizes(bundles: Bundles): Record<string, string>[] {
	return (Object.keys(bundles) as LambdaName[]).map((name) => {
		const folder = bundles[name];
		const paths = filesUnder(folder);
		const bytes = (files: string[]) => files.reduce((sum, path) => sum + statSync(join(folder, path)).size, 0);
		const start = loadedAtStart(metafileOf(name), name).reduce((sum, file) => sum + file.bytes, 0);
		const javascript = bytes(paths.filter((path) => !path.includes("/") && path.endsWith(".mjs")));
		return {
			function: name,
			"at start": kilobytes(start),
			later: kilobytes(javascript - start),
			"all files": kilobytes(bytes(paths)),
			zip: kilobytes(zippedBytes(folder)),
		};
	});
}

function filesUnder(folder: string): string[] {
	const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) =>
		statSync(join(folder, path)).isFile(),
	);
	if (paths.length === 0) throw new Error(`${folder} has no files.`);
	return paths.sort();
}

function kilobytes(bytes: number): string {
	return `${Math.round(bytes / 1000).toLocaleString("en")} KB`;
}
