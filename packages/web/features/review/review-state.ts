export const reviewModes = ["unreviewed", "reviewed", "all"] as const;
export type ReviewMode = (typeof reviewModes)[number];

/** The place in a review, as the URL has it. */
export interface ReviewState {
	/** @default unreviewed */
	show?: ReviewMode;
	/** The item's place in the list; 0 is the first. */
	at?: number;
}

export function readReviewState({ show, at }: Record<string, unknown>): ReviewState {
	return {
		show: reviewModes.find((each) => each === show && each !== "unreviewed"),
		at: typeof at === "number" && Number.isInteger(at) && at > 0 ? at : undefined,
	};
}
