import { AppError, type ErrorCode } from "#core/errors.ts";

/** Adds to an error the field of the request that caused it; any other error stays as it is. */
export function inField(error: unknown, fields: Partial<Record<ErrorCode, string>>): unknown {
	const field = error instanceof AppError && fields[error.code];
	return field
		? new AppError(error.code, error.message, { cause: error, fields: [{ field, detail: error.message }] })
		: error;
}
