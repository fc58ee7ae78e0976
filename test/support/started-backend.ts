import { afterAll, beforeAll } from "vitest";
import type { Backend } from "./checkpoint-saver.ts";

/** Starts a server before the tests of a `describe`, and stops it after them. Returns a function that gets it. */
export function startedBackend(start: () => Promise<Backend>): () => Backend {
	let backend: Backend;
	beforeAll(async () => {
		backend = await start();
	});
	afterAll(() => backend.stop());
	return () => backend;
}
