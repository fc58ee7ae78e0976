/** Under this name (of `node:diagnostics_channel`) adapters tell how each request to a provider of models ended. */
export const providerRequests = "collections:provider-request";

/** One request: a call of a model makes another where the first was refused or went unanswered. */
export interface ProviderRequest {
	/** As people write it. */
	provider: string;
	/** `status` is HTTP's, null where no answer came in time. */
	ended: "answered" | { status: number | null };
	durationMs: number;
}
