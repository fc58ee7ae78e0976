import { createHash } from "node:crypto";
import {
	cpSync,
	existsSync,
	linkSync,
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
import { dirname, join } from "node:path";
import { queueFunctions } from "#core/pipeline/stages.ts";
import type { BundleParts } from "#lambda-kit/bundle-parts.ts";
import type { Environment } from "../environments.ts";
import { output, readMeta, root, writeMeta } from "./build-folder.ts";
import { targetOf } from "./install-natives.ts";
import { javascript, metafileOf } from "./javascript.ts";
import { nativeFiles } from "./native-files.ts";

export type LambdaName =
	| "api"
	| "stream"
	| (typeof queueFunctions)[number]["lambda"]
	| "cleanup"
	| "migrate"
	| "pre-sign-up";

/** Folders of `lambdas/`, each a function of its own. */
export const lambdas: readonly LambdaName[] = [
	"api",
	"stream",
	...queueFunctions.map(({ lambda }) => lambda),
	"cleanup",
	"migrate",
	"pre-sign-up",
];

/** The folder of each function, with `handler.mjs` in it: what is zipped for AWS and what runs locally. */
export type Bundles = Record<LambdaName, string>;

/** A file of a bundle: its path in it, and either its content or the file or folder it is copied from. */
type BundleFile = { path: string } & (
	| { content: Uint8Array }
	/** `linked`: bundles share one copy, which nobody may edit in place. */
	| { from: string; linked?: boolean }
);

/**
 * Bundles every function for an environment. The JavaScript is the same for all of them; only native packages
 * differ. A bundle's folder is named after its content, so that builds at the same time do not disturb each other.
 */
export async function build(environment: Pick<Environment, "architecture">): Promise<Bundles> {
	const built = await Promise.all(
		lambdas.map(async (name) => {
			const parts = await partsOf(name);
			const files = [...(await javascript(name, parts)), ...filesBeside(parts, environment)];
			return [name, writeBundle(name, files)] as const;
		}),
	);
	const bundles = Object.fromEntries(built) as Bundles;
	writeMeta("bundles.json", bundles);
	return bundles;
}

/** Returns the bundles of the last build, by whichever process. */
export function lastBundles(): Bundles {
	return readMeta<Bundles>("bundles.json");
}

/** Returns what a function's folder declares in `bundle.ts`. */
async function partsOf(name: LambdaName): Promise<BundleParts> {
	const file = join(root, "lambdas", name, "bundle.ts");
	if (!existsSync(file)) return {};
	const { bundle } = (await import(file)) as { bundle: BundleParts };
	return bundle;
}

/**
 * Returns the repository's files that the last build put into bundles, as git's pathspecs, with those that decide how:
 * the lock file names the packages and the bundler.
 */
export function bundledFiles(): string[] {
	const sources = lambdas
		.flatMap((name) => Object.keys(metafileOf(name).inputs))
		// Packages, and modules that a plugin makes up.
		.filter((path) => !path.includes("node_modules/") && existsSync(join(root, path)));
	return [...new Set(sources), "lambdas/*/bundle.ts", "migrations", "lib/bundling", "package-lock.json"].sort();
}

/** Lists the files that a function reads when it runs. */
function filesBeside(
	{ natives = [], files = {} }: BundleParts,
	{ architecture }: Pick<Environment, "architecture">,
): BundleFile[] {
	const copied = Object.entries(files).map(([path, from]) => ({ path, from: join(root, from) }));
	const target = targetOf(architecture);
	const linked = natives.flatMap((name) => nativeFiles[name](target)).map((file) => ({ ...file, linked: true }));
	return [...copied, ...linked];
}

/** Writes a bundle to the folder named after its content, unless that exists. */
function writeBundle(name: LambdaName, files: BundleFile[]): string {
	const all = files
		.flatMap((file) =>
			"from" in file && statSync(file.from).isDirectory()
				? filesUnder(file.from).map((path) => ({
						...file,
						path: join(file.path, path),
						from: join(file.from, path),
					}))
				: [file],
		)
		.sort((a, b) => (a.path < b.path ? -1 : 1));
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
			if (!("from" in file)) writeFileSync(path, file.content);
			else if (file.linked) linkOrCopy(file.from, path);
			else cpSync(file.from, path);
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
	removeOld(siblings);
	return folder;
}

function filesUnder(folder: string): string[] {
	return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) =>
		statSync(join(folder, path)).isFile(),
	);
}

function linkOrCopy(from: string, to: string): void {
	try {
		linkSync(from, to);
	} catch {
		cpSync(from, to); // on another file system
	}
}

/** Removes bundles that no build returned for a day, and the drafts of builds that were ended. */
function removeOld(siblings: string): void {
	const dayAgo = Date.now() - 24 * 60 * 60 * 1000;
	const drafts = readdirSync(output)
		.filter((name) => name.startsWith("draft-"))
		.map((name) => join(output, name));
	const bundles = readdirSync(siblings).map((name) => join(siblings, name));
	for (const folder of [...drafts, ...bundles]) {
		const { mtimeMs = Date.now() } = statSync(folder, { throwIfNoEntry: false }) ?? {};
		if (mtimeMs < dayAgo) rmSync(folder, { recursive: true, force: true });
	}
}
