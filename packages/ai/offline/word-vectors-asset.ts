/** The table of word vectors, which `make word-vectors` writes: in the folder `word-vectors/` beside a bundle. */
export const wordVectorsAsset = {
	from: "packages/ai/offline/word-vectors/word-vectors.bin",
	name: "word-vectors.bin",
} as const;
