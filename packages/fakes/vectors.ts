/** Returns the cosine similarity of two unit vectors. */
export const cosineSimilarity = (a: Float32Array, b: Float32Array): number =>
	a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
