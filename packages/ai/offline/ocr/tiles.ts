/** A stretch of a picture's side: it is looked at as a whole, and its core is what it alone decides. */
export interface Stretch {
	start: number;
	end: number;
	coreStart: number;
	coreEnd: number;
}

/**
 * Divides a side into stretches of at most `max` pixels, as few as suffice and equally long. Neighbours overlap, so that what
 * is near the end of one is seen whole in the other; in the middle of the overlap ends what each decides.
 */
export function stretches(length: number, max: number, overlap: number): Stretch[] {
	const count = length <= max ? 1 : Math.ceil((length - overlap) / (max - overlap));
	const size = Math.ceil((length + (count - 1) * overlap) / count);
	return Array.from({ length: count }, (_, at) => {
		const start = at * (size - overlap);
		const end = Math.min(start + size, length);
		return {
			start,
			end,
			coreStart: at === 0 ? 0 : start + overlap / 2,
			coreEnd: at === count - 1 ? length : (at + 1) * (size - overlap) + overlap / 2,
		};
	});
}
