import { wordVectorsFormat } from "#ai/offline/word-vectors.ts";

/** A word of the source, at its place by frequency. */
export interface SourceWord {
	word: string;
	/** From 1, among all words of the source. */
	rank: number;
	vector: readonly number[];
}

/** Twice as frequent as this, a word weighs a third; half as frequent, two thirds (Arora et al., 2017). */
const typicalFrequency = 1e-4;
/** The directions that all words share and that tell no two apart (Mu and Viswanath, 2018): besides the mean, this many. */
const sharedComponents = 1;
const maxInt8 = 127;

/** Returns the file of a table, for `readWordVectors`. The same words give the same bytes. */
export function tableOf(source: SourceWord[], wordsInSource: number): Uint8Array {
	const vectors = withoutSharedDirections(source.map(({ vector }) => vector));
	const frequencyOf = zipf(wordsInSource);
	const rows = source
		.map(({ word, rank }, at) => ({
			letters: Buffer.from(word, "latin1"),
			weight: typicalFrequency / (typicalFrequency + frequencyOf(rank)),
			vector: vectors[at] ?? [],
		}))
		.sort((a, b) => Buffer.compare(a.letters, b.letters));
	const dimensions = rows[0]?.vector.length ?? 0;
	const letters = Buffer.concat(rows.map((row) => row.letters));
	const { magic, headerBytes } = wordVectorsFormat;
	const file = Buffer.alloc(headerBytes + 4 * (rows.length + 1) + (4 + 4 + dimensions) * rows.length + letters.length);
	let at = 0;
	for (const number of [magic, rows.length, dimensions, letters.length]) at = file.writeUInt32LE(number, at);
	let start = 0;
	for (const row of rows) {
		at = file.writeUInt32LE(start, at);
		start += row.letters.length;
	}
	at = file.writeUInt32LE(start, at);
	const scales = rows.map(({ vector }) => Math.max(...vector.map(Math.abs)) / maxInt8);
	for (const scale of scales) at = file.writeFloatLE(scale, at);
	for (const { weight } of rows) at = file.writeFloatLE(weight, at);
	for (const [index, { vector }] of rows.entries()) {
		const scale = scales[index] || 1;
		for (const value of vector) at = file.writeInt8(Math.round(value / scale), at);
	}
	letters.copy(file, at);
	return file;
}

/** Returns the share of all text that the word of a rank has, by Zipf's law. */
function zipf(words: number): (rank: number) => number {
	let sum = 0;
	for (let rank = 1; rank <= words; rank++) sum += 1 / rank;
	return (rank) => 1 / (rank * sum);
}

/** Returns the vectors less their mean and their first principal components. */
function withoutSharedDirections(vectors: (readonly number[])[]): number[][] {
	const dimensions = vectors[0]?.length ?? 0;
	const mean = Array.from({ length: dimensions }, (_, d) => sumOf(vectors, (v) => v[d] ?? 0) / vectors.length);
	let rest = vectors.map((vector) => vector.map((value, d) => value - (mean[d] ?? 0)));
	for (let removed = 0; removed < sharedComponents; removed++) {
		const component = principalComponent(rest);
		rest = rest.map((vector) => {
			const share = dot(vector, component);
			return vector.map((value, d) => value - share * (component[d] ?? 0));
		});
	}
	return rest;
}

/** Returns the direction in which centred vectors differ most, by power iteration on their covariance. */
function principalComponent(vectors: number[][]): number[] {
	const dimensions = vectors[0]?.length ?? 0;
	const covariance = Array.from({ length: dimensions }, () => new Array<number>(dimensions).fill(0));
	for (const vector of vectors) {
		for (const [d, row] of covariance.entries()) {
			const value = vector[d] ?? 0;
			for (let e = 0; e < dimensions; e++) row[e] = (row[e] ?? 0) + value * (vector[e] ?? 0);
		}
	}
	let component = toUnitLength(Array.from({ length: dimensions }, (_, d) => 1 + d));
	for (let round = 0; round < 300; round++) {
		component = toUnitLength(covariance.map((row) => dot(row, component)));
	}
	return component;
}

const sumOf = <T>(list: T[], value: (each: T) => number) => list.reduce((sum, each) => sum + value(each), 0);
const dot = (a: number[], b: number[]) => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);

function toUnitLength(vector: number[]): number[] {
	const length = Math.sqrt(dot(vector, vector));
	return vector.map((value) => value / length);
}
