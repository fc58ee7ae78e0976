import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { appendFile, cp, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PGlite, type PGliteOptions } from "@electric-sql/pglite";

const pgliteFolder = dirname(dirname(createRequire(import.meta.url).resolve("@electric-sql/pglite")));
const { version } = JSON.parse(readFileSync(join(pgliteFolder, "package.json"), "utf8"));
const cache = join(pgliteFolder, "../../.cache");

/** A process zeroes its buffers when it opens a database: the default of 128 MB takes a second of CPU. */
const settings = "shared_buffers = 16MB\n";

/**
 * Returns the data folder of an initialized PGlite with an empty database `collections`, to be copied. Initializing takes
 * ten seconds of CPU, once an installation.
 */
export async function initializedPglite(): Promise<string> {
	const folder = join(cache, `pglite-${version}`);
	if (existsSync(folder)) return folder;
	mkdirSync(cache, { recursive: true });
	const draft = mkdtempSync(`${folder}-`);
	const db = await PGlite.create(draft);
	await db.exec("create database collections");
	await db.close();
	await appendFile(join(draft, "postgresql.auto.conf"), settings);
	try {
		renameSync(draft, folder);
	} catch (error) {
		// Another process was faster.
		rmSync(draft, { recursive: true });
		if (!existsSync(folder)) throw error;
	}
	return folder;
}

/** Opens a copy of a data folder: of an initialized one, unless `from` is given. `remove` closes and deletes it. */
export async function openPgliteCopy(
	options: PGliteOptions = {},
	from?: string,
): Promise<{ db: PGlite; folder: string; remove(): Promise<void> }> {
	const folder = await mkdtemp(join(tmpdir(), "pglite-"));
	await cp(from ?? (await initializedPglite()), folder, { recursive: true });
	const db = await PGlite.create(folder, options);
	return {
		db,
		folder,
		remove: async () => {
			await db.close();
			await rm(folder, { recursive: true });
		},
	};
}
