import { QueryClient } from "@tanstack/react-query";
import { ApiError, SignedOut } from "./api.ts";

const maxRetries = 3;

/** Network failures, outages and limits pass; anything else the API would answer again. */
function isPassing(error: Error): boolean {
	if (error instanceof SignedOut) return false;
	return !(error instanceof ApiError) || error.status === 429 || error.status >= 500;
}

export const queryClient = new QueryClient({
	defaultOptions: {
		queries: {
			staleTime: 30_000,
			retry: (failures, error) => failures < maxRetries && isPassing(error),
			retryDelay: (failures, error) =>
				(error instanceof ApiError && error.retryAfterMs) || Math.min(1_000 * 2 ** failures, 15_000),
			refetchOnWindowFocus: true,
		},
	},
});
