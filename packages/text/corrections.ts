/** A word of a collection that a query may have meant, or that has a word of the query inside. */
export interface ClosestWord {
	word: string;
	/** 0 to 1. */
	similarity: number;
}

/** Shorter words have too many neighbours. */
export const minCorrectedLetters = 4;
const maxClosest = 3;

/**
 * Returns the words of a collection that a misspelt word may mean: those at the smallest edit distance, one for words of
 * up to seven letters, else two. The first letter and swapped letters may be wrong, too; digits are never.
 *
 * @param vocabulary words and how many documents have them
 */
export function closestWords(word: string, vocabulary: Iterable<{ word: string; documents: number }>): ClosestWord[] {
	const limit = word.length > 7 ? 2 : 1;
	const digits = digitsOf(word);
	let smallest = limit;
	let closest: { word: string; documents: number }[] = [];
	for (const candidate of vocabulary) {
		if (Math.abs(candidate.word.length - word.length) > smallest) continue;
		const distance = editDistance(word, candidate.word, smallest);
		if (distance > smallest || distance === 0 || digitsOf(candidate.word) !== digits) continue;
		if (distance < smallest) closest = [];
		smallest = distance;
		closest.push(candidate);
	}
	return closest
		.sort(
			(a, b) =>
				sharedStart(b.word, word) - sharedStart(a.word, word) ||
				b.documents - a.documents ||
				(a.word < b.word ? -1 : 1),
		)
		.slice(0, maxClosest)
		.map((candidate) => ({ word: candidate.word, similarity: 1 - smallest / word.length }));
}

const digitsOf = (word: string) => word.replaceAll(/\P{N}/gu, "");

function sharedStart(a: string, b: string): number {
	let at = 0;
	while (at < a.length && a[at] === b[at]) at++;
	return at;
}

/**
 * Returns the number of letters to insert, remove, replace, or swap with their neighbour to make one word of another
 * (optimal string alignment); `limit + 1` where it is more than the limit.
 */
export function editDistance(a: string, b: string, limit: number): number {
	let [before, row] = [new Array<number>(b.length + 1).fill(0), Array.from({ length: b.length + 1 }, (_, at) => at)];
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		let lowest = i;
		for (let j = 1; j <= b.length; j++) {
			const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
			let distance = Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
			if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
				distance = Math.min(distance, (before[j - 2] ?? 0) + 1);
			}
			next.push(distance);
			lowest = Math.min(lowest, distance);
		}
		if (lowest > limit) return limit + 1;
		[before, row] = [row, next];
	}
	return Math.min(row[b.length] ?? 0, limit + 1);
}
