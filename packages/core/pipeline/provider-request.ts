/** The `node:diagnostics_channel` on which adapters publish how each request to a model provider ended. */
export const providerRequests = "collections:provider-request";

/** One HTTP request; a model call that retries makes several. */
export interface ProviderRequest {
	/** The display name. */
	provider: string;
	/** `status` is the HTTP status, null where no response came in time. */
	ended: "answered" | { status: number | null };
	durationMs: number;
}
