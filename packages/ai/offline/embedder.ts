import { type Embedder, embeddingDimensions } from "#core/ports/index.ts";
import { rotate } from "../rotation.ts";
import { ngramVector } from "./ngrams.ts";
import { plainText, type WordVectors, wordVectors } from "./word-vectors.ts";

/**
 * Embeds texts by the meaning of their English words, and by the words and letter groups that they share, which is all
 * there is of other words. Any change to what it computes, the table of words included, needs a new model name, since
 * vectors are compared only within one.
 */
export function offlineEmbedder(): Embedder {
	return {
		model: "offline-words-1",
		fusionWeights: { vector: 0.5, text: 0.5 },
		answerabilityThreshold: 0.6,
		// A query lies apart even from its best answer, whose vector is the mean of many more words.
		exhaustive: true,
		async embed(texts) {
			const table = await wordVectors();
			return { vectors: texts.map((text) => vectorOf(text, table)), usage: [] };
		},
	};
}

/** The lengths of both parts: half of a similarity is that of the letters, half that of the meaning. */
const lengths = { ngrams: 0.7, meaning: 0.71 };

function vectorOf(text: string, table: WordVectors): Float32Array {
	const words = countWords(text);
	const ngrams = toLength(lengths.ngrams, ngramVector(words, embeddingDimensions - table.dimensions));
	const { sum, known } = meaningOf(words, table);
	const meaning = toLength(lengths.meaning * Math.sqrt(known), sum);
	const joined = new Float32Array(embeddingDimensions);
	joined.set(ngrams);
	joined.set(meaning, ngrams.length);
	if (words.size === 0) joined[0] = 1; // a text without words still needs a direction
	return rotate(toLength(1, joined));
}

function countWords(text: string): Map<string, number> {
	const counts = new Map<string, number>();
	for (const [word] of plainText(text).matchAll(/[\p{L}\p{N}]+/gu)) {
		counts.set(word, (counts.get(word) ?? 0) + 1);
	}
	return counts;
}

/** Sums the vectors of a text's words, rare ones above all. `known` is the share of the words that have one, by weight. */
function meaningOf(words: Map<string, number>, table: WordVectors): { sum: Float32Array; known: number } {
	const sum = new Float32Array(table.dimensions);
	let [known, all] = [0, 0];
	for (const [word, count] of words) {
		const found = table.find(word);
		const weight = (1 + Math.log(count)) * (found?.weight ?? 1);
		all += weight;
		if (!found) continue;
		known += weight;
		const { values, scale } = found;
		for (let at = 0; at < sum.length; at++) {
			sum[at] = (sum[at] ?? 0) + weight * scale * (values[at] ?? 0);
		}
	}
	return { sum, known: all > 0 ? known / all : 0 };
}

function toLength(length: number, vector: Float32Array): Float32Array {
	const now = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
	return now > 0 ? vector.map((x) => (x * length) / now) : vector;
}
