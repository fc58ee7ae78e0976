import { log } from "./log.ts";
import { problemResponse } from "./problem.ts";

/** The context of a request. */
export interface RequestContext {
	/** The gateway's id of the request. */
	requestId: string;
}

/** Answers a request, as `fetch` of an application does. */
export type Fetch = (request: Request, context: RequestContext) => Response | Promise<Response>;

/** Answers the request of a gateway's event, and a problem where it cannot be read or the application throws. */
export async function answerRequest(read: () => Request, context: RequestContext, fetch: Fetch): Promise<Response> {
	let request: Request;
	try {
		request = read();
	} catch {
		return problemResponse("invalid_request", "The request's address or headers cannot be read.", context);
	}
	try {
		return await fetch(request, context);
	} catch (error) {
		log.error("request failed", { error, request_id: context.requestId });
		return problemResponse(
			"internal_error",
			"Something failed on our side; the log has it under this request's id.",
			context,
		);
	}
}
