import { hashOf } from "../hash.ts";

const gramLengths = [3, 4, 5];
const wholeWordWeight = 0.7;
/** Words this long count fully, shorter ones less: length stands in for rarity, which a single text does not show. */
const fullLength = 6;
const stopWordWeight = 0.1;

/** Sums the hashed n-grams of a text's words: texts are near by the words and groups of letters that they share. */
export function ngramVector(words: Map<string, number>, dimensions: number): Float32Array {
	const vector = new Float32Array(dimensions);
	for (const [word, count] of words) {
		const weight = (1 + Math.log(count)) * wordWeight(word);
		add(vector, `word ${word}`, wholeWordWeight * weight);
		const grams = gramsOf(`^${word}$`);
		for (const gram of grams) {
			add(vector, gram, weight / Math.sqrt(grams.length));
		}
	}
	return vector;
}

function wordWeight(word: string): number {
	if (stopWords.has(word)) return stopWordWeight;
	return Math.min(1, word.length / fullLength) ** 1.5;
}

function gramsOf(word: string): string[] {
	return gramLengths.flatMap((length) =>
		Array.from({ length: Math.max(0, word.length - length + 1) }, (_, at) => word.slice(at, at + length)),
	);
}

/** Features share the dimensions by hash; the random sign makes collisions cancel out on average. */
function add(vector: Float32Array, feature: string, weight: number): void {
	const hash = hashOf(feature);
	const at = hash % vector.length;
	vector[at] = (vector[at] ?? 0) + (hash >>> 31 ? -weight : weight);
}

const stopWords = new Set(
	"a an and are as at be but by for from had has have he her his i if in into is it its me my no not of on or our she so that the their them then there these they this to was we were what when where which who will with you your".split(
		" ",
	),
);
