import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { readPickle } from "./pickle.ts";

/** The bit of an element's links by which hnswlib marks it deleted. */
const deletedMark = 0x01;

/**
 * Reads the vectors of a persisted HNSW index as data, by the ids of their records: `header.bin` says where an element's
 * vector and label are in `data_level0.bin`, and `index_metadata.pickle` which id has which label. The graph itself
 * (`link_lists.bin`) is not read. None where the index was never written: all vectors are in the queue then.
 */
export function readHnswIndex(folder: string, dimension: number): Map<string, Float32Array> {
	const vectors = new Map<string, Float32Array>();
	const metadata = path.join(folder, "index_metadata.pickle");
	if (!existsSync(metadata)) return vectors;
	const idOf = idsByLabel(readPickle(readFileSync(metadata)), metadata);
	const header = readHeader(readFileSync(path.join(folder, "header.bin")), folder);
	const file = path.join(folder, "data_level0.bin");
	const elements = readFileSync(file);
	if (elements.length < header.count * header.elementBytes) {
		throw new Error(
			`${file} ends before its element ${header.count}: copy the store again, with nothing writing to it.`,
		);
	}
	if (header.labelAt - header.vectorAt !== 4 * dimension) {
		throw new Error(
			`${folder} has vectors of ${(header.labelAt - header.vectorAt) / 4} numbers, and its collection says ${dimension}: it is damaged.`,
		);
	}
	const view = new DataView(elements.buffer, elements.byteOffset, elements.byteLength);
	for (let index = 0; index < header.count; index++) {
		const from = index * header.elementBytes;
		const isDeleted = (view.getUint8(from + 2) & deletedMark) !== 0;
		const id = idOf.get(Number(view.getBigUint64(from + header.labelAt, true)));
		if (isDeleted || id === undefined) continue;
		const vector = new Float32Array(dimension);
		for (let at = 0; at < dimension; at++) vector[at] = view.getFloat32(from + header.vectorAt + 4 * at, true);
		vectors.set(id, vector);
	}
	return vectors;
}

interface Header {
	count: number;
	elementBytes: number;
	/** Where they are within an element. */
	labelAt: number;
	vectorAt: number;
}

/** Reads the fields as hnswlib writes them: a version, then sizes of 64 bits. */
function readHeader(bytes: Buffer, folder: string): Header {
	const version = bytes.length >= 52 ? bytes.readInt32LE(0) : 0;
	if (version !== 1) {
		throw new Error(`${folder}/header.bin has version ${version} of hnswlib's format, and only version 1 is known.`);
	}
	const size = (at: number) => Number(bytes.readBigUInt64LE(at));
	return { count: size(20), elementBytes: size(28), labelAt: size(36), vectorAt: size(44) };
}

/** Inverts `id_to_label`. Older releases pickle an object with these fields, newer ones a dictionary. */
function idsByLabel(metadata: unknown, file: string): Map<number, string> {
	const labels = metadata instanceof Map ? metadata.get("id_to_label") : null;
	if (!(labels instanceof Map)) throw new Error(`${file} has no id_to_label: it is not of a Chroma index.`);
	return new Map([...labels].map(([id, label]) => [Number(label), String(id)]));
}
