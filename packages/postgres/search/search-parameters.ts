/**
 * What ranks and what is left out, as the API reports it. docs/search.md says what each was fitted on.
 */
export const searchParameters = {
	/**
	 * How much an occurrence of a word counts by where it stands, 0 to 1: text in the image is often all there is.
	 * More occurrences of one word add little (`ts_rank`), and `saturation` bends the sum once more.
	 */
	weights: { headline: 1, summary: 0.8, labels: 0.7, extractedText: 0.6 },
	saturation: 0.5,
	/** The share of a score that depends on how near to each other the words stand. */
	nearness: 0.2,
	/** A word that no document has is taken for the most similar one from here (trigrams, 0 to 1). */
	minLikeness: 0.5,
	/** The least letters of such a word: short words are like too many others. */
	rescuedLetters: 5,
	/** It is looked for of a query's first words only: each reads all of a person's words with the same first letter. */
	rescuedWords: 8,
	/** Documents that are ranked: it bounds common words. */
	ranked: 200,
	/**
	 * The gate. A search by words answers when for one document at least this share of what the words weigh speaks
	 * for it, words that other documents have counting half: a word that no document has says more.
	 */
	minEvidence: 0.55,
	/** The least share of the words' weight that a document must have itself. */
	minCoverage: 0.18,
	/** Labels of an image described in full: of one with fewer, as where only its text was read, proportionally less is demanded. */
	describedLabels: 40,
	/**
	 * How many vectors are compared exactly, those whose 1-bit codes are nearest: some for each hit asked for, one more
	 * for so many items, at most 200. For ten hits among 1,200 items 92.
	 */
	rerank: {
		perHit: 8,
		itemsForOneMore: 100,
		most: 200,
		/**
		 * And none whose code is so many bits farther than that of the last of the wanted hits: four standard deviations of
		 * a distance of 1,024 bits (16 at most).
		 */
		maxBitsFarther: 64,
	},
	/**
	 * Of a collection that is divided into cells, those are read whose centroid is nearer to the query than the usual one by
	 * a share of what the nearest is: `perDeviation` for each standard deviation that the nearest stands out, divided by how
	 * many hits are wanted, within these bounds. Few are read where vectors lie in clusters, up to half where they do not.
	 */
	cellNearness: { least: 0.1, most: 0.2, perDeviation: 0.2 },
	/** Reciprocal rank fusion: 1 / (k + rank) of each leg, of this many results. */
	rrfK: 15,
	fusionDepth: 50,
} as const;
