import { type ClientOptions, CollectionsClient } from "#client/src/client.ts";
import { ApiProblem } from "#client/src/problem.ts";
import { session } from "#web/features/account/browser-session.ts";
import { ApiError, type Problem, SignedOut } from "./api.ts";
import { config } from "./config.ts";

/** Makes a client of the signed-in person. Import it where one is asked for: a first search needs none. */
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

/** Returns the client's refusal as `api` reports its own: its sentence alone is written for people. */
export function asApiError(error: unknown): Error {
	if (!(error instanceof ApiProblem)) return error as Error;
	const body = (error.body ?? {}) as Partial<Problem> & { retry_after?: number };
	const isPassing = error.status === 429 || error.status === 503;
	return new ApiError(
		new Response(null, { status: error.status }),
		isPassing ? { retry_after: error.retryAfterSeconds, ...body } : body,
	);
}
