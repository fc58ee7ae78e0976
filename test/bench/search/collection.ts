// The data of the bench: tenants of five sizes, clustered unit vectors, words as rare and common as in a language.
import { randomUUID } from "node:crypto";
import { embeddingDimensions } from "#core/ports/index.ts";
import { normal, seeded } from "./random.ts";

export interface SizeClass {
	/** Rows of one tenant, about. */
	rows: number;
	/** Of all rows. */
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

/** What a person asks who has one document in mind. */
export interface Query {
	tenant: Tenant;
	source: Document;
	text: string;
	vector: Float32Array;
}

/**
 * A person has some topics and about so many documents of each, in a tenant of 30,000 rows 150. What a topic
 * has less than ten of has neighbours of chance, whose order says nothing about a search.
 */
const topics = 200;
const documentsPerTopic = 50;
/** Length of the noise on a topic's unit vector: documents of one topic have cosines about 0.61. */
const spread = 0.8;
const vocabulary = 20_000;
/** Tenants of a class that are asked, each of which has a collection of its own in Chroma: of the large ones one. */
const askedTenants = (rows: number) => (rows < 10_000 ? 3 : 1);

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
		return sizeClasses.filter((one) => this.tenants.some(({ sizeClass }) => sizeClass === one));
	}

	get rows(): number {
		return this.tenants.reduce((sum, { documents }) => sum + documents.length, 0);
	}

	/** The tenants of a class that are asked. */
	asked(sizeClass: SizeClass): Tenant[] {
		return this.tenants.filter((tenant) => tenant.sizeClass === sizeClass).slice(0, askedTenants(sizeClass.rows));
	}

	document(userId: string, among = this.#topics): Document {
		const topic = among[Math.floor(this.#random() * among.length)];
		if (!topic) throw new Error("There is no topic.");
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

	/** Three of a document's words, and a vector as near to it as a topic is. */
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

	/** A vector with noise of this length, made a unit vector. */
	#around(centre: Float32Array, noise: number): Float32Array {
		const scale = noise / Math.sqrt(centre.length);
		const vector = centre.map((value) => value + scale * this.#normal());
		const length = Math.sqrt(dot(vector, vector));
		return vector.map((value) => value / length);
	}

	/** Words by Zipf's law: the n-th is n times rarer than the first. */
	#text(words: number): string {
		return Array.from({ length: words }, () => this.#words[Math.floor((vocabulary + 1) ** this.#random()) - 1]).join(
			" ",
		);
	}
}

export function dot(a: Float32Array, b: Float32Array): number {
	let sum = 0;
	for (let at = 0; at < a.length; at++) {
		sum += (a[at] as number) * (b[at] as number);
	}
	return sum;
}

/** The nearest documents of the query's tenant, each compared. */
export function bruteForce({ tenant, vector }: Query, topK: number): string[] {
	return tenant.documents
		.map(({ itemId, vector: other }) => ({ itemId, near: dot(vector, other) }))
		.sort((a, b) => b.near - a.near)
		.slice(0, topK)
		.map(({ itemId }) => itemId);
}

/** At least one tenant of each class that fits, then by share; the smallest fill what is left. */
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

/** Pronounceable and distinct; stemmed like any English word. */
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
