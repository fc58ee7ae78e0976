/** As many neighbours are compared. */
export const comparedNeighbours = 10;

/** Lists the nearest of each vector by cosine, itself included, from unit vectors: as an exact search of the store would. */
export function nearestOf(vectors: ReadonlyMap<string, Float32Array>): Map<string, string[]> {
	const all = [...vectors];
	return new Map(
		all.map(([id, vector]) => {
			const similarities = all.map(([neighbour, numbers]) => ({ neighbour, similarity: product(vector, numbers) }));
			similarities.sort((a, b) => b.similarity - a.similarity || a.neighbour.localeCompare(b.neighbour));
			return [id, similarities.slice(0, comparedNeighbours).map(({ neighbour }) => neighbour)];
		}),
	);
}

function product(a: Float32Array, b: Float32Array): number {
	let sum = 0;
	for (let at = 0; at < a.length; at++) sum += (a[at] as number) * (b[at] as number);
	return sum;
}

/** Returns the share of the first list that is in the second. */
export const overlapOf = (first: readonly string[], second: readonly string[]) =>
	first.length === 0 ? 1 : first.filter((id) => second.includes(id)).length / first.length;
