import { type Embedder, embeddingDimensions } from "#core/ports/index.ts";

/**
 * Embeds texts by the words and letter groups they share: it knows spelling, misread letters and word forms, but no meaning.
 * Any change to what it computes needs a new model name, since vectors are compared only within one.
 */
export function offlineEmbedder(): Embedder {
	return {
		model: "offline-ngrams-2",
		// Full-text search knows how rare a word is and these vectors do not, so they only break its ties.
		fusionWeights: { vector: 0.05, text: 0.95 },
		answerabilityThreshold: 0.19,
		// A query shares few words even with its best answer, which shares most of its own with others.
		exhaustive: true,
		embed: async (texts) => ({ vectors: texts.map(vectorOf), usage: [] }),
	};
}

const gramLengths = [3, 4, 5];
const wholeWordWeight = 0.7;
/** Words this long count fully, shorter ones less: length stands in for rarity, which a single text does not show. */
const fullLength = 6;
const stopWordWeight = 0.1;

function vectorOf(text: string): Float32Array {
	const vector = new Float32Array(embeddingDimensions);
	for (const [word, count] of countWords(text)) {
		const weight = (1 + Math.log(count)) * wordWeight(word);
		add(vector, `word ${word}`, wholeWordWeight * weight);
		const grams = gramsOf(`^${word}$`);
		for (const gram of grams) {
			add(vector, gram, weight / Math.sqrt(grams.length));
		}
	}
	return rotate(toUnitLength(vector));
}

function countWords(text: string): Map<string, number> {
	const plain = text
		.normalize("NFKD")
		.replaceAll(/\p{M}/gu, "") // é is e
		.toLowerCase();
	const counts = new Map<string, number>();
	for (const [word] of plain.matchAll(/[\p{L}\p{N}]+/gu)) {
		counts.set(word, (counts.get(word) ?? 0) + 1);
	}
	return counts;
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
	const at = hash % embeddingDimensions;
	vector[at] = (vector[at] ?? 0) + (hash >>> 31 ? -weight : weight);
}

/** FNV-1a with MurmurHash3's finish, without which the low bits of short texts collide. */
function hashOf(text: string): number {
	let hash = 0x811c9dc5;
	for (let at = 0; at < text.length; at++) {
		hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
	}
	hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
	hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
	return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * Rotates a vector, which changes no similarity: features stand in a few dimensions, and a short text would have nothing
 * in the others, where 1-bit codes tell texts apart by whether a dimension is positive. Twice, since the sums of few
 * features cancel out to 0, too.
 */
function rotate(vector: Float32Array): Float32Array {
	for (const signs of rotationSigns) {
		for (let at = 0; at < vector.length; at++) {
			vector[at] = (vector[at] ?? 0) * (signs[at] ?? 1);
		}
		hadamardTransform(vector);
	}
	return vector;
}

const rotationSigns = ["first", "second"].map((turn) =>
	Float32Array.from({ length: embeddingDimensions }, (_, at) => (hashOf(`${turn} ${at}`) >>> 31 ? -1 : 1)),
);

/** The fast Walsh-Hadamard transform, scaled so that it keeps lengths; of a power of two many dimensions. */
function hadamardTransform(vector: Float32Array): void {
	const scale = Math.SQRT1_2;
	for (let half = 1; half < vector.length; half *= 2) {
		for (let from = 0; from < vector.length; from += 2 * half) {
			for (let at = from; at < from + half; at++) {
				const [low, high] = [vector[at] ?? 0, vector[at + half] ?? 0];
				vector[at] = (low + high) * scale;
				vector[at + half] = (low - high) * scale;
			}
		}
	}
}

function toUnitLength(vector: Float32Array): Float32Array {
	const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
	if (length > 0) return vector.map((x) => x / length);
	vector[0] = 1; // a text without words still needs a direction
	return vector;
}

const stopWords = new Set(
	"a an and are as at be but by for from had has have he her his i if in into is it its me my no not of on or our she so that the their them then there these they this to was we were what when where which who will with you your".split(
		" ",
	),
);
