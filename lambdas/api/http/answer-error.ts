import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { AppError, ModelFailure } from "#core/errors.ts";
import { log } from "#lambda-kit/log.ts";
import { type Problem, type ProblemCode, problemOf, problemResponse } from "#lambda-kit/problem.ts";
import type { ApiEnv } from "./api-env.ts";

/** Answers with the problem of an error that a route did not handle. */
export function answerError(error: Error, c: Context<ApiEnv>): Response {
	const requestId = c.get("requestId");
	const { code, detail, ...more } = describe(wrappedError(error));
	const answer = problemResponse(code, detail, { requestId, ...more });
	if (answer.status >= 500) {
		log.error("request failed", { error, request_id: requestId });
	}
	return answer;
}

/** Returns the problem of one entry of a request that has many. */
export const problemIn = ({ code, message, fields: errors, quota }: AppError, requestId: string): Problem =>
	problemOf(code, message, { requestId, errors, ...(quota && { quota }) });

/** Hono's middleware throws nothing but its own class. */
function wrappedError(error: Error): unknown {
	return error instanceof HTTPException && error.cause instanceof AppError ? error.cause : error;
}

function describe(error: unknown): {
	code: ProblemCode;
	detail: string;
	errors?: AppError["fields"];
	retryAfterSeconds?: number;
	location?: string;
	quota?: NonNullable<AppError["quota"]>;
} {
	if (error instanceof AppError) {
		const { code, message: detail, fields: errors, retryAfterSeconds, location, quota } = error;
		// A model's failure says when a stage may call it again; how long a person waits is the code's.
		const isCallersWait = retryAfterSeconds !== null && !(error instanceof ModelFailure);
		return {
			code,
			detail,
			errors,
			...(isCallersWait && { retryAfterSeconds }),
			...(location && { location }),
			...(quota && { quota }),
		};
	}
	if (error instanceof HTTPException && error.status === 415) {
		return {
			code: "unsupported_media_type",
			detail:
				"The body has another content type than this call takes: send JSON as application/json, a file as multipart/form-data.",
		};
	}
	if (error instanceof HTTPException && error.status === 400) {
		return {
			code: "invalid_request",
			detail: "The body cannot be read: it is not the JSON or form it says.",
		};
	}
	return {
		code: "internal_error",
		detail: "Something failed on our side; the log has it under this id.",
	};
}
