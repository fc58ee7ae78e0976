import { readFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";

/** The build. */
export const webFolder = "packages/web/dist";
/** Of JavaScript, gzipped, before the first search: the page with library and search field, and the results. */
export const maxKilobytes = 180;

/** Builds the web app. @returns the weight of its first search, KB gzip @throws where that is too heavy */
export async function buildWeb(): Promise<number> {
	await build({ configFile: "packages/web/vite.config.ts", logLevel: "warn" });
	const bytes = await weightOf(["app/main", "features/search/search-page", "features/account/sign-in"]);
	const kilobytes = Math.ceil(bytes / 1_000);
	console.log(`${webFolder}: ${kilobytes} KB of JavaScript (gzip) before the first search, ${maxKilobytes} at most.`);
	if (kilobytes > maxKilobytes) {
		throw new Error(`The first search takes ${kilobytes} KB of JavaScript: load what it does not need later.`);
	}
	return kilobytes;
}

interface Chunk {
	file: string;
	src?: string;
	imports?: string[];
}

/** Adds up what the page loads, with everything that those modules import at once. */
async function weightOf(modules: string[]): Promise<number> {
	const manifest = JSON.parse(await readFile(path.join(webFolder, ".vite/manifest.json"), "utf8")) as Record<
		string,
		Chunk
	>;
	const files = new Set<string>();
	const add = (key: string) => {
		const chunk = manifest[key];
		if (!chunk || files.has(chunk.file)) return;
		files.add(chunk.file);
		for (const imported of chunk.imports ?? []) add(imported);
	};
	for (const key of Object.keys(manifest)) {
		if (key === "index.html" || modules.some((name) => key.startsWith(name))) add(key);
	}
	let bytes = 0;
	for (const file of files) {
		if (file.endsWith(".js")) bytes += gzipSync(await readFile(path.join(webFolder, file))).length;
	}
	return bytes;
}
