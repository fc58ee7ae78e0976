import type { ItemError } from "../items/item.ts";
import { maxAttempts } from "../ports/stages.ts";

/** The form was answered, and no file came. */
export const uploadMissing = {
	code: "upload_missing",
	detail: "The file of this item was never uploaded: upload it again.",
} as const satisfies ItemError;

/** A stage needs the original, and storage does not have it. */
export const originalMissing = {
	code: "upload_missing",
	detail: "The uploaded file is not in storage: upload it again.",
} as const satisfies ItemError;

export const processingExhausted = {
	code: "retries_exhausted",
	detail: `Processing this image failed ${maxAttempts} times: upload it again to try once more.`,
} as const satisfies ItemError;

export const requestExhausted = {
	code: "retries_exhausted",
	detail: `This failed ${maxAttempts} times: ask again later.`,
} as const satisfies ItemError;

/** The user's other item has the same bytes. */
export const duplicateOf = (itemId: string) =>
	({ code: "duplicate", detail: "You already have this image.", duplicateOf: itemId }) as const satisfies ItemError;
