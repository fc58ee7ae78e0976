/** The numbers that rank hits and leave others out, as the API reports them. docs/search.md says what each was fitted on. */
export const searchParameters = {
	/** The weight of a word by the field it is in, 0 to 1: text in the image is often all there is. */
	weights: { headline: 1, summary: 0.9, labels: 0.8, extractedText: 0.6 },
	/** The share of a score that depends on how near to each other the words stand. */
	proximity: 0.2,
	/** How surely a longer word that begins or ends with a term means it, 0 to 1; 0 looks for none. */
	partSimilarity: 0.5,
	/** Documents that are ranked: it bounds common words. */
	maxCandidates: 200,
	/** The share of the query's weight that a strong hit has. */
	minStrongCoverage: 0.65,
	/** How many deviations above the median similarity a strong hit by its vector is. */
	minDeviations: 5,
	rerank: {
		/** Vectors that are compared exactly: those of the nearest 1-bit codes. */
		max: 200,
		/**
		 * No code is so many bits farther than that of the last of the wanted hits: four standard deviations of a
		 * distance of 1,024 bits (16 at most).
		 */
		maxBitsFarther: 64,
	},
	/**
	 * Of a partitioned collection those IVF partitions are read whose centroid is nearer to the query than the mean by a
	 * share of what the nearest is: `perDeviation` for each standard deviation that the nearest stands out, divided by the
	 * number of wanted hits, within these bounds. Few are read where vectors lie in clusters, up to half where they do not.
	 */
	partitionProximity: { min: 0.1, max: 0.2, perDeviation: 0.2 },
} as const;

/** Other values of the same parameters, which an evaluation compares. */
export type SearchParameters = Widened<typeof searchParameters>;

type Widened<Value> = Value extends number ? number : { readonly [Name in keyof Value]: Widened<Value[Name]> };
