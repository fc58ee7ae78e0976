import type { CollectionsClient } from "#client/src/client.ts";
import { TimedOut } from "#client/src/send.ts";
import { StreamCut } from "#client/src/streams.ts";
import { newClient } from "./client.ts";

let client: CollectionsClient | undefined;

/** The client of streamed answers. Import it where one is asked for: a first search needs none. */
export function streams(): CollectionsClient {
	// A person is told what a limit says, and when to press again.
	client ??= newClient({ maxWaitSeconds: 0, retryUnavailable: false });
	return client;
}

/** The connection ended before the answer did: nobody knows what became of it. */
export function isCut(error: unknown): boolean {
	return (
		error instanceof StreamCut ||
		error instanceof TimedOut ||
		(error instanceof DOMException && error.name === "TimeoutError")
	);
}
