/**
 * Returns where selected items come to stand in an album's order, counted among the other items, one place earlier or
 * later than the first of them; null where that is before the first place.
 */
export function stepInOrder(selected: readonly { index: number }[], step: -1 | 1): number | null {
	// Those before the first selected one are all others, so that its index counts them.
	const first = Math.min(...selected.map(({ index }) => index));
	const isTogether = selected.every(({ index }) => index < first + selected.length);
	if (!Number.isFinite(first)) return null;
	// What stands apart comes together first.
	if (!isTogether) return first;
	return first + step < 0 ? null : first + step;
}
