import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { step } from "#deployment/progress.ts";
import { type TemporaryDatabase, temporaryDatabase } from "../local/temporary-database.ts";

/**
 * Does work on an empty database, PGlite or one of the server that `DATABASE_URL` names, and removes it, also where a
 * signal ends the process.
 */
export async function onTemporaryDatabase<T>(work: (database: TemporaryDatabase) => Promise<T>): Promise<T> {
	const directory = await mkdtemp(path.join(tmpdir(), "collections-eval-"));
	const cleanups = [() => rm(directory, { recursive: true, force: true })];
	const cleanUp = async () => {
		for (let cleanup = cleanups.pop(); cleanup; cleanup = cleanups.pop()) await cleanup();
	};
	for (const signal of ["SIGINT", "SIGTERM"]) {
		process.once(signal, () => cleanUp().finally(() => process.exit(1)));
	}
	try {
		const url = process.env.DATABASE_URL || null;
		const database = await step("database started", () => temporaryDatabase(directory, url));
		cleanups.push(() => database.drop());
		return await work(database);
	} finally {
		await cleanUp();
	}
}
