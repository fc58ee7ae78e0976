import type { RequestContext } from "#lambda-kit/http-handler.ts";
import type { Authenticate } from "./authenticate.ts";
import type { Limiter } from "./limiter.ts";

/** The context of a route. */
export interface ApiEnv {
	Bindings: Partial<RequestContext> & {
		/** Receives the user of the request, for the log. */
		identified?: (userId: string) => void;
	};
	Variables: {
		requestId: string;
		authenticate: Authenticate;
		limiter: Limiter;
		/** The tenant; only behind `guarded`. */
		userId: string;
	};
}
