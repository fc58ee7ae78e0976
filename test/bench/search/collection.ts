// The data of the bench: tenants of five sizes, clustered unit vectors, words as rare and common as in a language.
import { randomUUID } from "node:crypto";
import { embeddingDimensions } from "#core/ports/index.ts";
import { normal, seeded } from "#tools/random.ts";

export interface SizeClass {
	/** Approximate rows of one tenant. */
	rows: number;
	/** Share of all rows. */
	share: number;
}

/** Largest first. */
export const sizeClasses: SizeClass[] = [
	{ rows: 30_000, share: 0.3 },
	{ rows: 10_000, share: 0.3 },
	{ rows: 1_200, share: 0.24 },
	{ rows: 100, share: 0.12 },
	{ rows: 15, share: 0.04 },
];

export interface Document {
	itemId: string;
	analysisId: string;
	userId: string;
	/** Of unit length. */
	vector: Float32Array;
	headline: string;
	summary: string;
	labels: string;
	extractedText: string;
}

export interface Tenant {
	userId: string;
	sizeClass: SizeClass;
	documents: Document[];
}

/** A query by someone who has one document in mind. */
export interface Query {
	tenant: Tenant;
	source: Document;
	text: string;
	vector: Float32Array;
}

/**
 * Each user has some topics and about so many documents of each, in a tenant of 30,000 rows 150. With fewer than ten
 * documents a topic, neighbours would be random and their order would say nothing about a search.
 */
const topics = 200;
const documentsPerTopic = 50;
/** Length of the noise on a topic's unit vector: documents of one topic have cosines about 0.61. */
const spread = 0.8;
const vocabulary = 20_000;
/** Searched tenants of a class, each with a collection of its own in Chroma: of the large ones one. */
const searchedTenants = (rows: number) => (rows < 10_000 ? 3 : 1);

/** The same collection at every run, but for its ids. */
export class Collection {
	readonly tenants: Tenant[];
	readonly #random = seeded(1);
	readonly #normal = normal(seeded(2));
	readonly #words = makeWords(seeded(3));
	readonly #topics = Array.from({ length: topics }, () => this.#around(new Float32Array(embeddingDimensions), 1));

	/** @param rows of all tenants; the classes that do not fit are left out */
	constructor(rows: number) {
		this.tenants = tenantSizes(rows).map(({ sizeClass, rows }) => {
			const userId = randomUUID();
			const own = this.#topics.toSorted(() => this.#random() - 0.5).slice(0, Math.ceil(rows / documentsPerTopic));
			const documents = Array.from({ length: rows }, () => this.document(userId, own));
			return { userId, sizeClass, documents };
		});
	}

	get sizeClasses(): SizeClass[] {
		return sizeClasses.filter((candidate) => this.tenants.some(({ sizeClass }) => sizeClass === candidate));
	}

	get rows(): number {
		return this.tenants.reduce((sum, { documents }) => sum + documents.length, 0);
	}

	/** Returns the tenants of a class that are searched. */
	searched(sizeClass: SizeClass): Tenant[] {
		return this.tenants.filter((tenant) => tenant.sizeClass === sizeClass).slice(0, searchedTenants(sizeClass.rows));
	}

	document(userId: string, among = this.#topics): Document {
		const topic = among[Math.floor(this.#random() * among.length)];
		if (!topic) throw new Error("The collection has no topics.");
		return {
			itemId: randomUUID(),
			analysisId: randomUUID(),
			userId,
			vector: this.#around(topic, spread),
			headline: this.#text(6),
			summary: this.#text(20),
			labels: this.#text(8),
			extractedText: this.#text(10 + Math.floor(this.#random() * 80)),
		};
	}

	/** Makes a query of three of a document's words, and a vector as near to it as a topic is. */
	query(tenant: Tenant): Query {
		const { documents } = tenant;
		const source = documents[Math.floor(this.#random() * documents.length)];
		if (!source) throw new Error("The tenant has no documents.");
		const words = [...new Set(`${source.headline} ${source.summary}`.split(" "))];
		return {
			tenant,
			source,
			text: Array.from({ length: 3 }, () => words[Math.floor(this.#random() * words.length)]).join(" "),
			vector: this.#around(source.vector, spread),
		};
	}

	/** Adds noise of this length to a vector, and makes it a unit vector. */
	#around(centre: Float32Array, noise: number): Float32Array {
		const scale = noise / Math.sqrt(centre.length);
		const vector = centre.map((value) => value + scale * this.#normal());
		const length = Math.sqrt(dot(vector, vector));
		return vector.map((value) => value / length);
	}

	/** Picks words by Zipf's law: the n-th is n times rarer than the first. */
	#text(words: number): string {
		return Array.from({ length: words }, () => this.#words[Math.floor((vocabulary + 1) ** this.#random()) - 1]).join(
			" ",
		);
	}
}

function dot(a: Float32Array, b: Float32Array): number {
	let sum = 0;
	for (let at = 0; at < a.length; at++) {
		sum += (a[at] as number) * (b[at] as number);
	}
	return sum;
}

/** Finds the nearest documents of the query's tenant by comparing each. */
export function bruteForce({ tenant, vector }: Query, topK: number): string[] {
	return tenant.documents
		.map(({ itemId, vector: stored }) => ({ itemId, similarity: dot(vector, stored) }))
		.sort((a, b) => b.similarity - a.similarity)
		.slice(0, topK)
		.map(({ itemId }) => itemId);
}

/** Plans at least one tenant of each class that fits, then by share; the smallest fill the rest. */
function tenantSizes(total: number): { sizeClass: SizeClass; rows: number }[] {
	const random = seeded(4);
	const fitting = sizeClasses.filter(
		(_, at) => sizeClasses.slice(at).reduce((sum, { rows }) => sum + rows, 0) <= total,
	);
	let left = total - fitting.reduce((sum, { rows }) => sum + rows, 0);
	return fitting.flatMap((sizeClass) => {
		const { rows, share } = sizeClass;
		const last = sizeClass === fitting.at(-1);
		const wanted = last ? Number.POSITIVE_INFINITY : Math.round((share * total) / rows) - 1;
		const more = Math.max(0, Math.min(wanted, Math.floor(left / rows)));
		left -= more * rows;
		return Array.from({ length: 1 + more }, () => ({
			sizeClass,
			rows: rows === 30_000 ? rows : Math.round(rows * (0.8 + 0.4 * random())),
		}));
	});
}

/** Makes distinct, pronounceable words that are stemmed like English ones. */
function makeWords(random: () => number): string[] {
	const pick = (letters: string) => letters[Math.floor(random() * letters.length)] ?? "";
	const words = new Set<string>();
	while (words.size < vocabulary) {
		let word = "";
		const syllables = 2 + Math.floor(random() * 2);
		for (let at = 0; at < syllables; at++) {
			word += pick("bcdfghklmnprstvz") + pick("aeiou") + pick("lmnrstk");
		}
		words.add(word);
	}
	return [...words];
}
