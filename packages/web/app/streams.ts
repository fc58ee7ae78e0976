import { type ClientOptions, CollectionsClient } from "#client/src/client.ts";
import { ApiProblem } from "#client/src/problem.ts";
import { TimedOut } from "#client/src/send.ts";
import { StreamCut } from "#client/src/streams.ts";
import { session } from "#web/features/account/browser-session.ts";
import { ApiError, type Problem, SignedOut } from "./api.ts";
import { config } from "./config.ts";

let client: CollectionsClient | undefined;

/** The client of streamed answers. Import it where one is asked for: a first search needs none. */
export function streams(): CollectionsClient {
	// A person is told what a limit says, and when to press again.
	client ??= newClient({ maxWaitSeconds: 0, retryUnavailable: false });
	return client;
}

/** Makes a client of the signed-in person. */
export function newClient(options: Omit<ClientOptions, "apiUrl" | "streamUrl" | "session">): CollectionsClient {
	const { apiUrl, streamUrl } = config();
	return new CollectionsClient({
		apiUrl,
		streamUrl,
		session: {
			async token() {
				const token = await session.token();
				if (!token) throw new SignedOut();
				return token;
			},
			renewed: (refused) => session.token(refused),
		},
		...options,
	});
}

/** The connection ended before the answer did: nobody knows what became of it. */
export function isCut(error: unknown): boolean {
	return (
		error instanceof StreamCut ||
		error instanceof TimedOut ||
		(error instanceof DOMException && error.name === "TimeoutError")
	);
}

/** Returns a stream's refusal as the plain routes report it: their sentence alone is written for people. */
export function asApiError(error: unknown): Error {
	if (!(error instanceof ApiProblem)) return error as Error;
	const body = (error.body ?? {}) as Partial<Problem> & { retry_after?: number };
	const isPassing = error.status === 429 || error.status === 503;
	return new ApiError(
		new Response(null, { status: error.status }),
		isPassing ? { retry_after: error.retryAfterSeconds, ...body } : body,
	);
}
